using FsCheck;
using FsCheck.Fluent;
using Landline.Protocol.Frames;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>A peer that has a key and sends what it likes: the session goes on or ends with the one exception, and nothing else breaks.</summary>
public sealed class HostilePeerProperties
{
    private static readonly Gen<byte[]> AnyFrame =
        from kind in Gen.Choose(0, 13)
        from stream in Gen.Elements(0u, 1u, 1u, 2u, 3u, 4u, 0xFFFF_FFFFu)
        from payload in ArbMap.Default.GeneratorFor<byte[]>()
        from length in Gen.Elements(0, 1, 4, 5, 8)
        select Frame((FrameKind)kind, stream, [.. payload.Concat(new byte[8]).Take(length)]);

    private static readonly Gen<byte[]> AnyConversation = AnyFrame.ListOf().Select(frames => frames.SelectMany(frame => frame).ToArray());

    [Fact]
    public void Any_frames_in_any_order_are_taken_or_refused() =>
        Prop.ForAll(AnyConversation.ToArbitrary(), AssertTakenOrRefused).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_are_taken_or_refused() => Prop.ForAll<byte[]>(AssertTakenOrRefused).QuickCheckThrowOnFailure();

    [Fact]
    public void However_the_bytes_are_cut_the_session_makes_the_same_of_them() => Prop.ForAll(
        AnyConversation.ToArbitrary(),
        ArbMap.Default.ArbFor<PositiveInt>(),
        (bytes, size) => Assert.Equal(Feed(bytes, Math.Max(1, bytes.Length)), Feed(bytes, size.Get))).QuickCheckThrowOnFailure();

    private static void AssertTakenOrRefused(byte[] bytes) => Feed(bytes, Math.Max(1, bytes.Length));

    /// <summary>What came of it: the streams that were opened, how much was received, and whether the peer was found wrong.</summary>
    private static (string Opened, long Received, bool Violated) Feed(byte[] bytes, int chunk)
    {
        var opened = new List<string>();
        var session = new Session(
            Guid.NewGuid(),
            isClient: false,
            (_, stream) =>
            {
                opened.Add($"{stream.Id} {stream.Kind}");
                stream.Accept();
            },
            new ManualTime(),
            KeepAlive.Default,
            TimeSpan.FromMinutes(2));
        var link = new SimulatedLink(session.Core);
        Assert.True(session.Core.TryAttach(link, 0, out _));
        bool violated = false;
        byte[] pending = [];
        try
        {
            foreach (byte[] part in bytes.Chunk(chunk))
            {
                pending = [.. pending, .. part];
                int taken = session.Core.Receive(link, pending);
                Assert.InRange(taken, -1, pending.Length);
                if (taken < 0)
                {
                    break; // The peer has closed the session.
                }

                pending = pending[taken..];
            }
        }
        catch (SessionProtocolException)
        {
            violated = true;
        }

        session.Core.End(new StreamEnd(StreamEndCode.Canceled, "The test is over."), tellPeer: false);
        Assert.Equal(0, session.OpenStreams);
        return (string.Join(", ", opened), session.Core.Received, violated);
    }

    private static byte[] Frame(FrameKind kind, uint stream, byte[] payload)
    {
        byte[] frame = new byte[FrameCodec.HeaderBytes + payload.Length];
        FrameCodec.WriteHeader(frame, kind, payload.Length, stream);
        payload.CopyTo(frame, FrameCodec.HeaderBytes);
        return frame;
    }
}
