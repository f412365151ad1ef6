using System.Buffers.Binary;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>RFC 9113, 6. Others are ignored, as they must be.</summary>
internal enum Http2FrameKind : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    Reset = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>Which bit means what depends on the kind of frame.</summary>
[Flags]
internal enum Http2Flags : byte
{
    None = 0,
    EndStreamOrAck = 0x1,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}

/// <summary>RFC 9113, 6.5.2, and RFC 8441, 3.</summary>
internal enum Http2Setting : ushort
{
    HeaderTableSize = 1,
    EnablePush = 2,
    MaxConcurrentStreams = 3,
    InitialWindowSize = 4,
    MaxFrameSize = 5,
    MaxHeaderListSize = 6,
    EnableConnectProtocol = 8,
}

/// <summary>
/// The nine bytes ahead of each payload:
/// <code>
/// u24 length | u8 kind | u8 flags | u1 reserved, u31 stream     (big-endian)
/// </code>
/// </summary>
internal readonly record struct Http2FrameHeader(int Length, Http2FrameKind Kind, Http2Flags Flags, int Stream)
{
    public const int Size = 9;

    /// <summary>What every peer must accept, and all that we offer to take.</summary>
    public const int InitialMaxLength = 16 * 1024;

    /// <summary>What a client sends first: the preface of RFC 9113, 3.4.</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    public bool Has(Http2Flags flag) => (Flags & flag) != 0;

    public static Http2FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        (bytes[0] << 16) | (bytes[1] << 8) | bytes[2],
        (Http2FrameKind)bytes[3],
        (Http2Flags)bytes[4],
        (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]) & int.MaxValue));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ((uint)Length << 8) | (byte)Kind);
        bytes[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes[5..], Stream);
    }
}
