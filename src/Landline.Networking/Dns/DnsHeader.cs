using System.Buffers.Binary;

namespace Landline.Networking.Dns;

/// <summary>
/// The first twelve bytes of every message (RFC 1035, 4.1.1):
/// <code>
///  0      2       4          6         8             10             12
///  | id   | flags | questions | answers | authorities | additionals |
///  flags: QR 1 | opcode 4 | AA TC RD RA 1 each | Z AD CD 3 | response code 4
/// </code>
/// </summary>
public readonly record struct DnsHeader(
    ushort Id, ushort Flags, ushort Questions, ushort Answers, ushort Authorities, ushort Additionals)
{
    public const int Bytes = 12;
    internal const ushort ResponseFlag = 0x8000;
    internal const ushort OpcodeMask = 0x7800;
    internal const ushort TruncatedFlag = 0x0200;
    internal const ushort RecursionDesiredFlag = 0x0100;
    internal const ushort RecursionAvailableFlag = 0x0080;
    internal const ushort CodeMask = 0x000F;

    public bool IsResponse => (Flags & ResponseFlag) != 0;

    public bool IsTruncated => (Flags & TruncatedFlag) != 0;

    /// <summary>0 = a standard query; anything else is not for a forwarder.</summary>
    public int Opcode => (Flags & OpcodeMask) >> 11;

    public DnsResponseCode Code => (DnsResponseCode)(Flags & CodeMask);

    public static bool TryRead(ReadOnlySpan<byte> message, out DnsHeader header)
    {
        if (message.Length < Bytes)
        {
            header = default;
            return false;
        }

        header = new DnsHeader(
            At(message, 0), At(message, 2), At(message, 4), At(message, 6), At(message, 8), At(message, 10));
        return true;
    }

    internal void Write(Span<byte> message)
    {
        ReadOnlySpan<ushort> fields = [Id, Flags, Questions, Answers, Authorities, Additionals];
        for (int i = 0; i < fields.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(message[(i * 2)..], fields[i]);
        }
    }

    private static ushort At(ReadOnlySpan<byte> message, int offset) =>
        BinaryPrimitives.ReadUInt16BigEndian(message[offset..]);
}
