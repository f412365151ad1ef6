namespace Landline.Networking.Packets;

/// <summary>Completes the checksum of a transport message that was just built.</summary>
internal static class TransportChecksum
{
    /// <param name="packet">With its IP header written, without extension headers.</param>
    /// <param name="message">From the transport header to the end of the packet.</param>
    /// <param name="checksumOffset">Of the field in the message, in bytes.</param>
    internal static void Write(Span<byte> packet, byte protocol, Span<byte> message, int checksumOffset)
    {
        Span<byte> field = message.Slice(checksumOffset, 2);
        field.Clear();
        ReadOnlySpan<byte> addresses = packet[0] >> 4 == 6 ? packet.Slice(8, 32) : packet.Slice(12, 8);

        // ICMP of IPv4 is the one without a pseudo-header.
        uint sum = protocol == IpProtocol.Icmp
            ? InternetChecksum.Sum(message)
            : InternetChecksum.Add(
                InternetChecksum.PseudoHeaderSum(addresses, protocol, message.Length), InternetChecksum.Sum(message));
        ushort checksum = InternetChecksum.Complement(sum);

        // Zero would say that there is none (RFC 768); its twin means the same number.
        InternetChecksum.Store(field, checksum == 0 && protocol == IpProtocol.Udp ? ushort.MaxValue : checksum);
    }
}
