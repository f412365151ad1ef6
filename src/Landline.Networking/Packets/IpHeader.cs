using System.Buffers.Binary;

namespace Landline.Networking.Packets;

/// <summary>Writes plain IP headers: no options, no extension headers, no fragmentation.</summary>
public static class IpHeader
{
    // What Linux gives its own packets (net.ipv4.ip_default_ttl).
    private const byte HopLimit = 64;
    private const ushort DoNotFragment = 0x4000;

    public static int Bytes(bool isV6) => isV6 ? IpPacket.V6HeaderBytes : IpPacket.V4HeaderBytes;

    /// <summary>The longest payload that fits behind the header, in bytes.</summary>
    public static int LongestPayload(bool isV6) => isV6 ? ushort.MaxValue : ushort.MaxValue - IpPacket.V4HeaderBytes;

    /// <summary>Writes the header at the start of <paramref name="packet"/>, whose remainder is the payload.</summary>
    public static void Write(Span<byte> packet, PacketAddress source, PacketAddress destination, byte protocol)
    {
        bool isV6 = source.IsV6;
        int payload = packet.Length - Bytes(isV6);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload, LongestPayload(isV6));
        if (isV6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(packet, 6u << 28);
            BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)payload);
            packet[6] = protocol;
            packet[7] = HopLimit;
            source.Write(packet[8..]);
            destination.Write(packet[24..]);
            return;
        }

        Span<byte> header = packet[..IpPacket.V4HeaderBytes];
        header.Clear();
        header[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], DoNotFragment);
        header[8] = HopLimit;
        header[9] = protocol;
        source.Write(header[12..]);
        destination.Write(header[16..]);
        InternetChecksum.Store(header[10..], InternetChecksum.Complement(InternetChecksum.Sum(header)));
    }
}
