using System.Buffers.Binary;

namespace Landline.Networking.Packets;

/// <summary>Builds the first packet of a connection, without options.</summary>
public static class TcpSyn
{
    public const int LargestBytes = IpPacket.V6HeaderBytes + TcpSegment.HeaderBytes;

    private const ushort Window = 0xFFFF;

    /// <summary>Returns the packet's size in bytes.</summary>
    public static int Write(
        Span<byte> destination, PacketAddress source, ushort sourcePort, PacketAddress target, ushort targetPort, uint sequenceNumber)
    {
        int ipBytes = IpHeader.Bytes(source.IsV6);
        Span<byte> packet = destination[..(ipBytes + TcpSegment.HeaderBytes)];
        IpHeader.Write(packet, source, target, IpProtocol.Tcp);

        Span<byte> segment = packet[ipBytes..];
        segment.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(segment, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], targetPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequenceNumber);
        segment[12] = (TcpSegment.HeaderBytes / 4) << 4;
        segment[13] = (byte)TcpControl.Syn;
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], Window);
        TransportChecksum.Write(packet, IpProtocol.Tcp, segment, TcpSegment.ChecksumOffset);
        return packet.Length;
    }
}
