using System.Buffers.Binary;
using System.Text;
using Landline.Protocol.Frames;

namespace Landline.Protocol.Sessions;

/// <summary>What a server makes of a hello. The numbers are on the wire: never reuse one.</summary>
internal enum HelloStatus : byte
{
    /// <summary>A session has begun.</summary>
    New = 1,

    /// <summary>The session goes on.</summary>
    Resumed = 2,

    /// <summary>There is no such session (any more). The client may ask for a new one on the same link.</summary>
    Unknown = 3,

    /// <summary>The server does not want this client; the payload says why.</summary>
    Refused = 4,
}

/// <summary>First words of a client on a link: a new session (id zero), or the one to resume.</summary>
internal sealed record ClientHello(Guid SessionId, long Received, ReadOnlyMemory<byte> Json)
{
    public ushort Version { get; init; } = HelloCodec.Version;
}

/// <summary>The answer. The payload is JSON, or the reason's text when refused.</summary>
internal sealed record ServerHello(HelloStatus Status, Guid SessionId, long Received, TimeSpan Grace, ReadOnlyMemory<byte> Payload)
{
    public string Reason => Encoding.UTF8.GetString(Payload.Span);
}

/// <summary>
/// Reads and writes hellos. Their layout is the same in every version, so that a server can tell a client of another
/// version why it is refused. Specified in docs/protocol/session.md; change both together.
/// <code>
/// client  "LNDL" | u16 version | u16 zero          | 16 session id | u64 received | u32 zero       | u32 length | JSON
/// server  "LNDL" | u16 version | u8 status | u8 0  | 16 session id | u64 received | u32 grace ms   | u32 length | payload
/// </code>
/// All numbers are big-endian; the session id is the UUID's bytes in the order in which they are written as text.
/// </summary>
internal static class HelloCodec
{
    public const int FixedBytes = 4 + 2 + 2 + 16 + 8 + 4 + 4;
    public const int LongestPayload = 16 * 1024;
    public const ushort Version = 1;

    private static ReadOnlySpan<byte> Magic => "LNDL"u8;

    public static byte[] Write(ClientHello hello) => Write(hello.Version, 0, hello.SessionId, hello.Received, 0, hello.Json.Span);

    public static byte[] Write(ServerHello hello) => Write(
        Version,
        (ushort)((byte)hello.Status << 8),
        hello.SessionId,
        hello.Received,
        (uint)Math.Clamp(hello.Grace.TotalMilliseconds, 0, uint.MaxValue),
        hello.Payload.Span);

    /// <exception cref="SessionProtocolException">Not a hello.</exception>
    public static async Task<ClientHello> ReadClientAsync(Stream link, CancellationToken cancellationToken)
    {
        var head = new byte[FixedBytes];
        await link.ReadExactlyAsync(head, cancellationToken);
        var payload = new byte[CheckHead(head)];
        await link.ReadExactlyAsync(payload, cancellationToken);
        return new ClientHello(ReadId(head), ReadCount(head), payload) { Version = ReadVersion(head) };
    }

    /// <exception cref="SessionProtocolException">Not a hello, or of another version.</exception>
    public static async Task<ServerHello> ReadServerAsync(Stream link, CancellationToken cancellationToken)
    {
        var head = new byte[FixedBytes];
        await link.ReadExactlyAsync(head, cancellationToken);
        var payload = new byte[CheckHead(head)];
        await link.ReadExactlyAsync(payload, cancellationToken);
        var status = (HelloStatus)head[6];
        if (status is < HelloStatus.New or > HelloStatus.Refused)
        {
            throw new SessionProtocolException($"The server answered with the unknown status {head[6]}.");
        }

        ushort version = ReadVersion(head);
        if (status != HelloStatus.Refused && version != Version)
        {
            throw new SessionProtocolException($"The server speaks version {version} of the session protocol, this side version {Version}.");
        }

        TimeSpan grace = TimeSpan.FromMilliseconds(BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(32)));
        return new ServerHello(status, ReadId(head), ReadCount(head), grace, payload);
    }

    /// <summary>Checks the fixed part before anything is reserved for what follows. Returns the payload's length.</summary>
    public static int CheckHead(ReadOnlySpan<byte> head)
    {
        if (!head[..4].SequenceEqual(Magic))
        {
            throw new SessionProtocolException("The peer does not speak the session protocol.");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(head[36..]);
        if (length > LongestPayload || ReadCount(head) < 0)
        {
            throw new SessionProtocolException("The peer's hello is out of bounds.");
        }

        return (int)length;
    }

    private static ushort ReadVersion(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadUInt16BigEndian(head[4..]);

    private static Guid ReadId(ReadOnlySpan<byte> head) => new(head.Slice(8, 16), bigEndian: true);

    private static long ReadCount(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadInt64BigEndian(head[24..]);

    private static byte[] Write(
        ushort version, ushort status, Guid sessionId, long received, uint graceMilliseconds, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, LongestPayload);
        var bytes = new byte[FixedBytes + payload.Length];
        Span<byte> span = bytes;
        Magic.CopyTo(span);
        BinaryPrimitives.WriteUInt16BigEndian(span[4..], version);
        BinaryPrimitives.WriteUInt16BigEndian(span[6..], status);
        sessionId.TryWriteBytes(span[8..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(span[24..], received);
        BinaryPrimitives.WriteUInt32BigEndian(span[32..], graceMilliseconds);
        BinaryPrimitives.WriteUInt32BigEndian(span[36..], (uint)payload.Length);
        payload.CopyTo(span[FixedBytes..]);
        return bytes;
    }
}
