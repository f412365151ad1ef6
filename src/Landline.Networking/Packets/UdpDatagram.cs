using System.Buffers.Binary;

namespace Landline.Networking.Packets;

/// <summary>A view of a UDP datagram (RFC 768) in somebody's buffer, and the building of one.</summary>
public readonly ref struct UdpDatagram
{
    public const int HeaderBytes = 8;
    private const int ChecksumOffset = 6;

    private readonly Span<byte> _bytes;

    private UdpDatagram(Span<byte> bytes) => _bytes = bytes;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    public Span<byte> Data => _bytes[HeaderBytes..];

    /// <summary>False = too short, or shorter than its header says.</summary>
    public static bool TryParse(Span<byte> payload, out UdpDatagram datagram)
    {
        datagram = default;
        if (payload.Length < HeaderBytes)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(payload[4..]);
        if (length < HeaderBytes || length > payload.Length)
        {
            return false;
        }

        datagram = new UdpDatagram(payload[..length]);
        return true;
    }

    /// <summary>What precedes the data in a packet that <see cref="WriteHeaders"/> completes, in bytes.</summary>
    public static int DataOffset(bool isV6) => IpHeader.Bytes(isV6) + HeaderBytes;

    /// <summary>More than this does not fit into one packet, in bytes.</summary>
    public static int LongestData(bool isV6) => IpHeader.LongestPayload(isV6) - HeaderBytes;

    /// <summary>Writes IP and UDP header in front of the data that is already at <see cref="DataOffset"/> of the packet.</summary>
    public static void WriteHeaders(
        Span<byte> packet, PacketAddress source, ushort sourcePort, PacketAddress destination, ushort destinationPort)
    {
        IpHeader.Write(packet, source, destination, IpProtocol.Udp);
        Span<byte> datagram = packet[IpHeader.Bytes(source.IsV6)..];
        BinaryPrimitives.WriteUInt16BigEndian(datagram, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[2..], destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(datagram[4..], (ushort)datagram.Length);
        TransportChecksum.Write(packet, IpProtocol.Udp, datagram, ChecksumOffset);
    }
}
