using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Landline.Networking.Packets;

/// <summary>
/// The ones' complement checksum of IP, TCP, UDP and ICMP (RFC 1071), whole and incremental (RFC 1624). Sums are taken
/// over words in the machine's byte order, which RFC 1071 section 2 (B) allows as long as the result is stored in that
/// order too; so sums go only into <see cref="Store"/> and come only from <see cref="Load"/> or here.
/// </summary>
public static class InternetChecksum
{
    /// <summary>The folded sum, at most 0xFFFF, not complemented. An odd last byte counts as if a zero followed.</summary>
    public static uint Sum(ReadOnlySpan<byte> bytes)
    {
        // Four words at a time; a carry out of 64 bits is worth one, as 2^64 = 1 modulo 0xFFFF.
        ulong sum = 0;
        foreach (ulong words in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            sum += words;
            if (sum < words)
            {
                sum++;
            }
        }

        ulong rest = 0;
        ReadOnlySpan<byte> tail = bytes[(bytes.Length & ~7)..];
        while (tail.Length >= 2)
        {
            rest += MemoryMarshal.Read<ushort>(tail);
            tail = tail[2..];
        }

        if (tail.Length == 1)
        {
            rest += BitConverter.IsLittleEndian ? tail[0] : (uint)tail[0] << 8;
        }

        sum = (sum & 0xFFFF_FFFF) + (sum >> 32) + rest;
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        return Fold((uint)((sum & 0xFFFF) + (sum >> 16)));
    }

    /// <summary>Sum over the pseudo-header of TCP, UDP and ICMPv6 (RFC 9293 3.1, RFC 8200 8.1).</summary>
    /// <param name="addresses">Source and destination as they stand in the IP header: 8 or 32 bytes.</param>
    /// <param name="length">Transport header and payload, in bytes.</param>
    public static uint PseudoHeaderSum(ReadOnlySpan<byte> addresses, byte protocol, int length) =>
        Add(Sum(addresses), Add(InNetworkOrder(protocol), InNetworkOrder((ushort)length)));

    public static uint Add(uint sum, uint other) => Fold(sum + other);

    /// <summary>The sum after some words changed: RFC 1624 equation 3, without the complements.</summary>
    /// <param name="removed">Sum over the words as they were.</param>
    /// <param name="added">Sum over the words as they are.</param>
    public static uint Replace(uint sum, uint removed, uint added) => Fold(sum + (~removed & 0xFFFF) + added);

    /// <summary>Complemented, as it stands in a header.</summary>
    public static ushort Complement(uint sum) => (ushort)~sum;

    public static ushort Load(ReadOnlySpan<byte> field) => MemoryMarshal.Read<ushort>(field);

    public static void Store(Span<byte> field, ushort value) => MemoryMarshal.Write(field, value);

    private static uint InNetworkOrder(ushort value) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    private static uint Fold(uint sum)
    {
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (sum & 0xFFFF) + (sum >> 16);
    }
}
