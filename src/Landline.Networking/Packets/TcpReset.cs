using System.Buffers.Binary;

namespace Landline.Networking.Packets;

/// <summary>Builds what a host answers where nothing listens: a RST to a SYN (RFC 9293 3.10.7.1).</summary>
public static class TcpReset
{
    public const int LargestBytes = IpPacket.V6HeaderBytes + TcpSegment.HeaderBytes;

    /// <summary>Returns the packet's size in bytes. It comes from where the SYN was meant to go.</summary>
    /// <param name="syn">Has passed <see cref="TcpSegment.TryParse"/>.</param>
    public static int Write(Span<byte> destination, in IpPacket syn)
    {
        int ipBytes = IpHeader.Bytes(syn.IsV6);
        Span<byte> packet = destination[..(ipBytes + TcpSegment.HeaderBytes)];
        IpHeader.Write(packet, syn.Destination, syn.Source, IpProtocol.Tcp);

        Span<byte> segment = packet[ipBytes..];
        segment.Clear();
        syn.Payload.Slice(2, 2).CopyTo(segment);
        syn.Payload[..2].CopyTo(segment[2..]);
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(syn.Payload[4..]);
        BinaryPrimitives.WriteUInt32BigEndian(segment[8..], sequence + 1);
        segment[12] = (TcpSegment.HeaderBytes / 4) << 4;
        segment[13] = (byte)(TcpControl.Rst | TcpControl.Ack);
        TransportChecksum.Write(packet, IpProtocol.Tcp, segment, TcpSegment.ChecksumOffset);
        return packet.Length;
    }
}
