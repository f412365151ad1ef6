using System.Buffers.Binary;

namespace Landline.Networking.Packets;

/// <summary>
/// A view of an ICMP echo message (RFC 792, RFC 4443 4.1) in somebody's buffer, and the building of a packet from one.
/// <code>
/// u8 type | u8 code 0 | u16 checksum | u16 identifier | u16 sequence number | data
/// </code>
/// </summary>
public readonly ref struct IcmpEcho
{
    public const int HeaderBytes = 8;
    private const int ChecksumOffset = 2;

    private IcmpEcho(Span<byte> message, bool isRequest)
    {
        Message = message;
        IsRequest = isRequest;
    }

    /// <summary>From the type to the end of the data.</summary>
    public Span<byte> Message { get; }

    public bool IsRequest { get; }

    public ushort Identifier => BinaryPrimitives.ReadUInt16BigEndian(Message[4..]);

    public ushort SequenceNumber => BinaryPrimitives.ReadUInt16BigEndian(Message[6..]);

    /// <summary>False = too short, or not an echo request or reply of this IP version.</summary>
    public static bool TryParse(Span<byte> message, bool isV6, out IcmpEcho echo)
    {
        echo = default;
        if (message.Length < HeaderBytes || message[1] != 0)
        {
            return false;
        }

        bool isRequest = message[0] == RequestType(isV6);
        if (!isRequest && message[0] != ReplyType(isV6))
        {
            return false;
        }

        echo = new IcmpEcho(message, isRequest);
        return true;
    }

    /// <summary>
    /// Makes a reply of the echo message that is at its place behind the IP header: sets type, identifier, checksum and
    /// IP header; sequence number and data stay as they are.
    /// </summary>
    public static void CompleteReply(Span<byte> packet, PacketAddress source, PacketAddress destination, ushort identifier) =>
        Complete(packet, source, destination, ReplyType(source.IsV6), identifier);

    /// <summary>The same for a request.</summary>
    public static void CompleteRequest(Span<byte> packet, PacketAddress source, PacketAddress destination, ushort identifier) =>
        Complete(packet, source, destination, RequestType(source.IsV6), identifier);

    private static void Complete(
        Span<byte> packet, PacketAddress source, PacketAddress destination, byte type, ushort identifier)
    {
        bool isV6 = source.IsV6;
        byte protocol = isV6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp;
        IpHeader.Write(packet, source, destination, protocol);
        Span<byte> message = packet[IpHeader.Bytes(isV6)..];
        message[0] = type;
        message[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], identifier);
        TransportChecksum.Write(packet, protocol, message, ChecksumOffset);
    }

    private static byte RequestType(bool isV6) => isV6 ? (byte)128 : (byte)8;

    private static byte ReplyType(bool isV6) => isV6 ? (byte)129 : (byte)0;
}
