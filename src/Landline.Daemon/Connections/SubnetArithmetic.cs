using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Landline.Daemon.Connections;

/// <summary>What the base library's <see cref="IPNetwork"/> leaves out: overlap, containment and subtraction.</summary>
internal static class SubnetArithmetic
{
    public static bool Covers(this IPNetwork outer, IPNetwork inner) =>
        outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress);

    /// <summary>Two subnets are disjoint, or one of them lies in the other.</summary>
    public static bool Overlaps(this IPNetwork one, IPNetwork other) => one.Covers(other) || other.Covers(one);

    /// <summary>The part that two overlapping subnets have in common: the smaller one.</summary>
    public static IPNetwork CommonPart(IPNetwork one, IPNetwork other) => one.Covers(other) ? other : one;

    public static IPNetwork Single(IPAddress address) =>
        new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);

    /// <summary>
    /// What remains of <paramref name="whole"/> without <paramref name="hole"/>, as the fewest subnets: the sibling at
    /// every step on the way from the whole down to the hole.
    /// </summary>
    public static IEnumerable<IPNetwork> Without(this IPNetwork whole, IPNetwork hole)
    {
        if (!whole.Overlaps(hole))
        {
            yield return whole;
            yield break;
        }

        for (int length = whole.PrefixLength + 1; length <= hole.PrefixLength; length++)
        {
            yield return Sibling(hole.BaseAddress, length);
        }
    }

    /// <summary>What remains of <paramref name="whole"/> without all of <paramref name="holes"/>.</summary>
    public static IEnumerable<IPNetwork> WithoutAll(this IPNetwork whole, IEnumerable<IPNetwork> holes) =>
        holes.Where(hole => whole.Overlaps(hole)).Aggregate(
            (IEnumerable<IPNetwork>)[whole], (parts, hole) => parts.SelectMany(part => part.Without(hole)).ToArray());

    /// <summary>The subnets of this length that <paramref name="whole"/> consists of, counted from 0.</summary>
    public static IPNetwork Part(this IPNetwork whole, int prefixLength, int index)
    {
        int bits = whole.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        UInt128 first = ToNumber(whole.BaseAddress);
        return new IPNetwork(ToAddress(first + ((UInt128)index << (bits - prefixLength)), bits), prefixLength);
    }

    /// <summary>Drops what another one covers and joins halves, until nothing changes; sorted by address.</summary>
    public static IReadOnlyList<IPNetwork> Simplify(IEnumerable<IPNetwork> subnets)
    {
        var sorted = subnets.Distinct().ToList();
        sorted.Sort(Compare);
        var result = new List<IPNetwork>(sorted.Count);
        foreach (IPNetwork subnet in sorted)
        {
            if (result.Count > 0 && result[^1].Covers(subnet))
            {
                continue;
            }

            IPNetwork next = subnet;
            while (result.Count > 0 && AreHalves(result[^1], next))
            {
                next = new IPNetwork(result[^1].BaseAddress, next.PrefixLength - 1);
                result.RemoveAt(result.Count - 1);
            }

            result.Add(next);
        }

        return result;
    }

    private static bool AreHalves(IPNetwork lower, IPNetwork upper) =>
        lower.PrefixLength == upper.PrefixLength
        && lower.PrefixLength > 0
        && lower.BaseAddress.AddressFamily == upper.BaseAddress.AddressFamily
        && Sibling(lower.BaseAddress, lower.PrefixLength).Equals(upper)
        && Compare(lower, upper) < 0;

    // The other half of the subnet one bit shorter.
    private static IPNetwork Sibling(IPAddress address, int prefixLength)
    {
        int bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        UInt128 value = ToNumber(address) ^ (UInt128.One << (bits - prefixLength));
        UInt128 mask = prefixLength == 0 ? 0 : UInt128.MaxValue << (bits - prefixLength);
        return new IPNetwork(ToAddress(value & mask, bits), prefixLength);
    }

    private static int Compare(IPNetwork one, IPNetwork other)
    {
        int order = one.BaseAddress.AddressFamily.CompareTo(other.BaseAddress.AddressFamily);
        order = order != 0 ? order : ToNumber(one.BaseAddress).CompareTo(ToNumber(other.BaseAddress));
        return order != 0 ? order : one.PrefixLength.CompareTo(other.PrefixLength);
    }

    private static UInt128 ToNumber(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static IPAddress ToAddress(UInt128 value, int bits)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new IPAddress(bits == 32 ? bytes[12..] : bytes);
    }
}
