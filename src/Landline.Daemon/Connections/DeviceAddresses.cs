using System.Net;
using System.Net.NetworkInformation;
using Landline.Daemon.Errors;
using Landline.Daemon.NetHelper;
using Landline.Daemon.PacketEngine;

namespace Landline.Daemon.Connections;

/// <summary>
/// Chooses addresses for the TUN device: a /30 that no network uses by rights and a /126 of a unique local prefix of our
/// own, neither of which anything here or in the cluster has. Both in any case, because a cluster may tell of IPv6 later;
/// the net helper leaves the second out where this machine has no IPv6. Where no IPv6 address is left, there is none, and
/// the helper leaves the routes of that version out.
/// </summary>
internal static class DeviceAddresses
{
    private const int PrefixLength4 = 30;
    private const int PrefixLength6 = 126;

    // In this order. First the range for benchmarks (RFC 2544), of which proxies with made-up addresses take the lower
    // half. Carriers' shared range (RFC 6598) is the last resort: clusters use it, kOps by default, and Tailscale drops
    // what comes from it by any other device than its own.
    private static readonly IPNetwork[] Ranges4 =
        [IPNetwork.Parse("198.19.0.0/16"), IPNetwork.Parse("198.18.0.0/16"), IPNetwork.Parse("100.64.0.0/10")];

    // Where the cluster or this machine has all unique local addresses, the range for benchmarks (RFC 5180).
    private static readonly IPNetwork[] Ranges6 = [IPNetwork.Parse("fd6c:616e:646c::/48"), IPNetwork.Parse("2001:2::/48")];

    /// <param name="routed">What will go through the device.</param>
    /// <param name="taken">Addresses of this machine, also those of devices that are down.</param>
    /// <param name="routes">Destinations of this machine's routes. One that is wider than the widest range is about the internet, and not about these.</param>
    /// <param name="start">Where to begin looking; different for each process, so that two that start at once differ.</param>
    /// <returns>The IPv4 address, and the IPv6 address if there is one.</returns>
    /// <exception cref="Protocol.Errors.UserErrorException">Nothing is left of the IPv4 ranges.</exception>
    public static IReadOnlyList<DeviceAddress> Choose(
        IReadOnlyList<IPNetwork> routed, IEnumerable<IPAddress> taken, IEnumerable<IPNetwork> routes, int start)
    {
        IPNetwork[] own = [.. routed.Concat(taken.Select(SubnetArithmetic.Single))];
        IPNetwork[] others = [.. routes];
        DeviceAddress first = Find(Ranges4, PrefixLength4, own, others, start)
            ?? throw DaemonErrors.DeviceAddressTaken(string.Join(" and ", Ranges4));
        return Find(Ranges6, PrefixLength6, own, others, start) is { } second ? [first, second] : [first];
    }

    public static IReadOnlyCollection<IPAddress> OfThisMachine() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(device => device.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address),
    ];

    /// <summary>The device's address with the next one, which stands for everybody in the cluster.</summary>
    public static TunAddresses WithPeer(DeviceAddress address) => new(address.Address, Next(address.Address));

    private static DeviceAddress? Find(
        IReadOnlyList<IPNetwork> ranges, int prefixLength, IPNetwork[] own, IPNetwork[] others, int start)
    {
        int widest = ranges.Min(range => range.PrefixLength);
        IPNetwork[] used = [.. own, .. others.Where(route => route.PrefixLength >= widest)];
        foreach (IPNetwork range in ranges)
        {
            IPNetwork[] free = [.. range.WithoutAll(used).Where(part => part.PrefixLength <= prefixLength)];
            if (free.Length > 0)
            {
                IPNetwork part = free[start % free.Length];
                int bits = Math.Min(prefixLength - part.PrefixLength, 30);
                return new DeviceAddress(Next(part.Part(prefixLength, start & ((1 << bits) - 1)).BaseAddress), prefixLength);
            }
        }

        return null;
    }

    // Within a /30 or /126 the last byte does not overflow.
    private static IPAddress Next(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes);
    }
}
