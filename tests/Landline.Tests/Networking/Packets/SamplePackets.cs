using System.Buffers.Binary;
using System.Net;
using Landline.Networking.Packets;

namespace Landline.Tests.Networking.Packets;

/// <summary>Packets as a kernel would send them, and the plain way to tell whether their checksums hold.</summary>
internal static class SamplePackets
{
    public static readonly PacketAddress V4Source = Address("198.18.0.1");
    public static readonly PacketAddress V4Destination = Address("10.96.0.10");
    public static readonly PacketAddress V6Source = Address("fd00:18::1");
    public static readonly PacketAddress V6Destination = Address("fd00:96::10");

    public static PacketAddress Address(string text) => PacketAddress.From(IPAddress.Parse(text));

    public static byte[] Tcp(
        PacketAddress source, ushort sourcePort, PacketAddress destination, ushort destinationPort, TcpControl control, uint sequence, ReadOnlySpan<byte> data)
    {
        int headers = IpHeader.Bytes(source.IsV6);
        byte[] packet = new byte[headers + TcpSegment.HeaderBytes + data.Length];
        IpHeader.Write(packet, source, destination, IpProtocol.Tcp);
        Span<byte> segment = packet.AsSpan(headers);
        BinaryPrimitives.WriteUInt16BigEndian(segment, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], destinationPort);
        BinaryPrimitives.WriteUInt32BigEndian(segment[4..], sequence);
        segment[12] = 0x50;
        segment[13] = (byte)control;
        data.CopyTo(segment[TcpSegment.HeaderBytes..]);
        ushort checksum = (ushort)~PlainSum(PseudoHeader(packet, IpProtocol.Tcp), segment);
        BinaryPrimitives.WriteUInt16BigEndian(segment[TcpSegment.ChecksumOffset..], checksum);
        return packet;
    }

    public static byte[] Udp(PacketAddress source, ushort sourcePort, PacketAddress destination, ushort destinationPort, ReadOnlySpan<byte> data)
    {
        byte[] packet = new byte[UdpDatagram.DataOffset(source.IsV6) + data.Length];
        data.CopyTo(packet.AsSpan(UdpDatagram.DataOffset(source.IsV6)));
        UdpDatagram.WriteHeaders(packet, source, sourcePort, destination, destinationPort);
        return packet;
    }

    public static byte[] EchoRequest(PacketAddress source, PacketAddress destination, ushort identifier, ushort sequence, ReadOnlySpan<byte> data)
    {
        int headers = IpHeader.Bytes(source.IsV6);
        byte[] packet = new byte[headers + IcmpEcho.HeaderBytes + data.Length];
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(headers + 6), sequence);
        data.CopyTo(packet.AsSpan(headers + IcmpEcho.HeaderBytes));
        IcmpEcho.CompleteRequest(packet, source, destination, identifier);
        return packet;
    }

    /// <summary>Both checksums, computed the slow way from all bytes.</summary>
    public static bool AreChecksumsRight(Span<byte> bytes)
    {
        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));
        ReadOnlySpan<byte> pseudo = packet.Protocol == IpProtocol.Icmp ? [] : PseudoHeader(packet.Bytes, packet.Protocol);
        bool headerHolds = packet.IsV6 || PlainSum(packet.Bytes[..packet.HeaderBytes], []) == 0xFFFF;
        return headerHolds && PlainSum(pseudo, packet.Payload) == 0xFFFF;
    }

    /// <summary>RFC 1071 as it is written, in network order. The first part has even length.</summary>
    public static ushort PlainSum(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        byte[] all = [.. first, .. second, 0];
        uint sum = 0;
        for (int i = 0; i + 1 < all.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(all.AsSpan(i));
            sum = (sum & 0xFFFF) + (sum >> 16);
        }

        return (ushort)sum;
    }

    public static byte[] PseudoHeader(ReadOnlySpan<byte> packet, byte protocol)
    {
        bool isV6 = packet[0] >> 4 == 6;
        ReadOnlySpan<byte> addresses = isV6 ? packet.Slice(8, 32) : packet.Slice(12, 8);
        int length = packet.Length - IpHeader.Bytes(isV6);
        return [.. addresses, 0, protocol, (byte)(length >> 8), (byte)length];
    }
}
