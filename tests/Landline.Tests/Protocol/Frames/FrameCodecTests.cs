using FsCheck;
using FsCheck.Fluent;
using Landline.Protocol.Frames;
using Landline.Protocol.Streams;

namespace Landline.Tests.Protocol.Frames;

/// <summary>docs/protocol/session.md, section 3.</summary>
public sealed class FrameCodecTests
{
    public static TheoryData<FrameKind, int, int, bool> Bounds => new()
    {
        { FrameKind.Open, 5, 5 + 4096, true },
        { FrameKind.Opened, 4, 4, true },
        { FrameKind.Data, 0, 65536, true },
        { FrameKind.End, 0, 0, true },
        { FrameKind.Reset, 1, 1 + 1024, true },
        { FrameKind.Window, 4, 4, true },
        { FrameKind.GoAway, 0, 0, false },
        { FrameKind.Acknowledge, 8, 8, false },
        { FrameKind.Ping, 8, 8, false },
        { FrameKind.Pong, 8, 8, false },
        { FrameKind.Close, 1, 1 + 1024, false },
    };

    [Fact]
    public void The_bytes_are_as_documented()
    {
        byte[] header = new byte[FrameCodec.HeaderBytes];
        FrameCodec.WriteHeader(header, FrameKind.Data, 0x010203, 0x04050607);
        byte[] open = new byte[7];
        int openLength = FrameCodec.WriteOpen(open, StreamKind.Udp, 0x00040000, "hi"u8);
        byte[] reason = new byte[1 + FrameCodec.LongestReason];
        int reasonLength = FrameCodec.WriteReason(reason, new StreamEnd(StreamEndCode.NotAllowed, "nö"));

        Assert.Equal("0301020304050607", Convert.ToHexString(header));
        Assert.Equal("02000400006869", Convert.ToHexString(open, 0, openLength));
        Assert.Equal("066EC3B6", Convert.ToHexString(reason, 0, reasonLength));
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Each_kind_has_its_lengths_and_a_stream_or_none(FrameKind kind, int shortest, int longest, bool ofStream)
    {
        uint stream = ofStream ? 1u : 0u;

        Assert.Equal(new FrameHeader(kind, shortest, stream), Read(kind, shortest, stream));
        Assert.Equal(new FrameHeader(kind, longest, stream), Read(kind, longest, stream));
        Assert.Throws<SessionProtocolException>(() => Read(kind, longest + 1, stream));
        Assert.Throws<SessionProtocolException>(() => Read(kind, shortest, ofStream ? 0u : 1u));
        if (shortest > 0)
        {
            Assert.Throws<SessionProtocolException>(() => Read(kind, shortest - 1, stream));
        }
    }

    [Fact]
    public void Any_eight_bytes_are_a_header_that_is_written_the_same_or_are_refused() => Prop.ForAll<ulong>(bytes =>
    {
        byte[] source = BitConverter.GetBytes(bytes);

        // Random kinds are mostly unknown.
        source[0] %= 14;
        source[1] &= 1;
        try
        {
            FrameHeader header = FrameCodec.ReadHeader(source);
            byte[] again = new byte[FrameCodec.HeaderBytes];
            FrameCodec.WriteHeader(again, header.Kind, header.Length, header.StreamId);
            Assert.Equal(source, again);
            Assert.InRange(header.Length, 0, FrameCodec.LongestPayload);
        }
        catch (SessionProtocolException)
        {
            // As documented: whatever is out of bounds.
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_open_payload_survives_writing_and_reading() => Prop.ForAll<byte, uint, byte[]>((kind, window, payload) =>
    {
        byte[] bytes = new byte[5 + payload.Length];
        Assert.Equal(bytes.Length, FrameCodec.WriteOpen(bytes, (StreamKind)kind, window, payload));

        Assert.Equal((StreamKind)kind, FrameCodec.ReadOpen(bytes, out uint readWindow, out ReadOnlySpan<byte> readPayload));
        Assert.Equal(window, readWindow);
        Assert.Equal(payload, readPayload.ToArray());
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_are_a_reason_that_a_terminal_can_show() => Prop.ForAll<byte, byte[]>((code, text) =>
    {
        StreamEnd end = FrameCodec.ReadReason([code, .. text]);

        Assert.True(Enum.IsDefined(end.Code));
        Assert.DoesNotContain(end.Detail, char.IsControl);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(FrameCodec.LongestReason)]
    [InlineData(FrameCodec.LongestReason + 1)]
    [InlineData(100_000)]
    public void A_long_reason_is_cut_between_characters(int length)
    {
        byte[] bytes = new byte[1 + FrameCodec.LongestReason];

        int written = FrameCodec.WriteReason(bytes, new StreamEnd(StreamEndCode.Failed, new string('€', length)));

        // Three bytes each.
        Assert.Equal(new string('€', FrameCodec.LongestReason / 3), FrameCodec.ReadReason(bytes.AsSpan(0, written)).Detail);
    }

    private static FrameHeader Read(FrameKind kind, int length, uint stream)
    {
        byte[] bytes = new byte[FrameCodec.HeaderBytes];
        FrameCodec.WriteHeader(bytes, kind, length, stream);
        return FrameCodec.ReadHeader(bytes);
    }
}
