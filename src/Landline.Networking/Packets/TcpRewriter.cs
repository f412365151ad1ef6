using System.Buffers.Binary;

namespace Landline.Networking.Packets;

/// <summary>Gives a TCP packet other addresses and ports, in place, and corrects its checksums by the difference.</summary>
public static class TcpRewriter
{
    /// <param name="packet">Has passed <see cref="TcpSegment.TryParse"/>; the new addresses are of its version.</param>
    /// <param name="checksumIsPartial">
    /// The TCP checksum field holds the sum over the pseudo-header only (see <see cref="Tun.VnetHeader"/>): it changes
    /// with the addresses and not with the ports, and stays uncomplemented.
    /// </param>
    public static void Rewrite(
        in IpPacket packet,
        PacketAddress source,
        ushort sourcePort,
        PacketAddress destination,
        ushort destinationPort,
        bool checksumIsPartial)
    {
        Span<byte> addresses = packet.Addresses;
        Span<byte> ports = packet.Payload[..4];
        uint oldAddresses = InternetChecksum.Sum(addresses);
        uint oldPorts = InternetChecksum.Sum(ports);
        source.Write(addresses);
        destination.Write(addresses[source.Bytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(ports, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(ports[2..], destinationPort);
        uint newAddresses = InternetChecksum.Sum(addresses);

        if (!packet.IsV6)
        {
            ReplaceInComplement(packet.Bytes.Slice(10, 2), oldAddresses, newAddresses);
        }

        Span<byte> checksum = packet.Payload.Slice(TcpSegment.ChecksumOffset, 2);
        if (checksumIsPartial)
        {
            uint sum = InternetChecksum.Replace(InternetChecksum.Load(checksum), oldAddresses, newAddresses);
            InternetChecksum.Store(checksum, (ushort)sum);
        }
        else
        {
            ReplaceInComplement(
                checksum,
                InternetChecksum.Add(oldAddresses, oldPorts),
                InternetChecksum.Add(newAddresses, InternetChecksum.Sum(ports)));
        }
    }

    private static void ReplaceInComplement(Span<byte> field, uint removed, uint added)
    {
        uint sum = InternetChecksum.Complement(InternetChecksum.Load(field));
        InternetChecksum.Store(field, InternetChecksum.Complement(InternetChecksum.Replace(sum, removed, added)));
    }
}
