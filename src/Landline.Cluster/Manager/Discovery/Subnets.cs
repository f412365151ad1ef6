using System.Net;
using System.Net.Sockets;
using System.Numerics;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>Arithmetic on sets of subnets of both families.</summary>
internal static class Subnets
{
    /// <summary>The subnet of that length in which an address lies.</summary>
    public static IPNetwork Around(IPAddress address, int prefixLength)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = prefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), prefixLength);
    }

    public static int AddressBits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;

    public static bool Contains(this IEnumerable<IPNetwork> networks, IPAddress address) =>
        networks.Any(network => network.Contains(address));

    /// <summary>
    /// The largest parts of a subnet that hold at least one of the wanted addresses and none of the unwanted ones.
    /// An address that is both is left out.
    /// </summary>
    public static IEnumerable<IPNetwork> PartsWithout(
        IPNetwork network, IReadOnlyCollection<IPAddress> wanted, IReadOnlyCollection<IPAddress> unwanted)
    {
        IPAddress[] wantedHere = [.. wanted.Where(network.Contains)];
        if (wantedHere.Length == 0)
        {
            return [];
        }

        IPAddress[] unwantedHere = [.. unwanted.Where(network.Contains)];
        if (unwantedHere.Length == 0)
        {
            return [network];
        }

        if (network.PrefixLength == AddressBits(network.BaseAddress))
        {
            return [];
        }

        (IPNetwork low, IPNetwork high) = Halves(network);
        return PartsWithout(low, wantedHere, unwantedHere).Concat(PartsWithout(high, wantedHere, unwantedHere));
    }

    /// <summary>The same addresses in as few subnets as possible, sorted, IPv4 first.</summary>
    public static IReadOnlyList<IPNetwork> Aggregate(IEnumerable<IPNetwork> networks)
    {
        var result = new List<IPNetwork>();
        foreach (IPNetwork next in networks.Distinct().OrderBy(FamilyOrder).ThenBy(First).ThenBy(static n => n.PrefixLength))
        {
            if (result.Count > 0 && SameFamily(result[^1], next) && result[^1].Contains(next.BaseAddress))
            {
                continue;
            }

            result.Add(next);
            while (result.Count > 1 && Parent(result[^2], result[^1]) is { } parent)
            {
                result.RemoveRange(result.Count - 2, 2);
                result.Add(parent);
            }
        }

        return result;
    }

    public static bool TryParse(string text, out IPNetwork network)
    {
        // Also where bits behind the prefix are set, as some network plug-ins write it.
        network = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0
            || !IPAddress.TryParse(text.AsSpan(0, slash), out IPAddress? address)
            || !int.TryParse(text.AsSpan(slash + 1), System.Globalization.CultureInfo.InvariantCulture, out int length)
            || length < 0
            || length > AddressBits(address))
        {
            return false;
        }

        network = Around(address, length);
        return true;
    }

    private static (IPNetwork Low, IPNetwork High) Halves(IPNetwork network)
    {
        byte[] bytes = network.BaseAddress.GetAddressBytes();
        bytes[network.PrefixLength / 8] |= (byte)(0x80 >> (network.PrefixLength % 8));
        return (new IPNetwork(network.BaseAddress, network.PrefixLength + 1),
            new IPNetwork(new IPAddress(bytes), network.PrefixLength + 1));
    }

    private static IPNetwork? Parent(IPNetwork one, IPNetwork other)
    {
        if (!SameFamily(one, other) || one.PrefixLength != other.PrefixLength || one.PrefixLength == 0)
        {
            return null;
        }

        IPNetwork parent = Around(one.BaseAddress, one.PrefixLength - 1);
        return parent.Contains(other.BaseAddress) ? parent : null;
    }

    private static bool SameFamily(IPNetwork one, IPNetwork other) =>
        one.BaseAddress.AddressFamily == other.BaseAddress.AddressFamily;

    private static int FamilyOrder(IPNetwork network) => AddressBits(network.BaseAddress);

    private static BigInteger First(IPNetwork network) =>
        new(network.BaseAddress.GetAddressBytes(), isUnsigned: true, isBigEndian: true);
}
