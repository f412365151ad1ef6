using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Landline.Daemon.NetHelper;
using Landline.Daemon.PacketEngine;

namespace Landline.Daemon.Connections;

/// <summary>
/// Chooses addresses for the TUN device: a /30 of 100.64.0.0/10 (RFC 6598, which no home or office network uses) and,
/// where IPv6 is routed, a /126 of a unique local prefix of our own, neither of which anything here or in the cluster has.
/// </summary>
internal static class DeviceAddresses
{
    private const int PrefixLength4 = 30;
    private const int PrefixLength6 = 126;

    /// <summary>100.64.0.0/16 has this many /30; the other /16s are left to others.</summary>
    private const int Places = 1 << 14;

    /// <param name="routed">What will go through the device.</param>
    /// <param name="taken">Addresses of this machine.</param>
    /// <param name="start">Where to begin looking; different for each process, so that two that start at once differ.</param>
    public static IReadOnlyList<DeviceAddress> Choose(
        IReadOnlyList<IPNetwork> routed, IReadOnlyCollection<IPAddress> taken, int start)
    {
        for (int i = 0; i < Places; i++)
        {
            int place = (start + i) % Places;
            var subnet4 = new IPNetwork(new IPAddress([100, 64, (byte)(place >> 6), (byte)(place << 2)]), PrefixLength4);
            var subnet6 = new IPNetwork(
                new IPAddress([0xFD, 0x6C, 0x61, 0x6E, 0x64, 0x6C, (byte)(place >> 8), (byte)place, 0, 0, 0, 0, 0, 0, 0, 0]),
                PrefixLength6);
            if (!routed.Any(subnet => subnet.Overlaps(subnet4) || subnet.Overlaps(subnet6))
                && !taken.Any(address => subnet4.Contains(address) || subnet6.Contains(address)))
            {
                bool hasIPv6 = routed.Any(subnet => subnet.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6);
                return hasIPv6
                    ? [First(subnet4), First(subnet6)]
                    : [First(subnet4)];
            }
        }

        throw new InvalidOperationException("Every address of 100.64.0.0/16 is taken.");
    }

    public static IReadOnlyCollection<IPAddress> OfThisMachine() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(device => device.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address),
    ];

    /// <summary>The device's address with the next one, which stands for everybody in the cluster.</summary>
    public static TunAddresses WithPeer(DeviceAddress address) => new(address.Address, Next(address.Address));

    private static DeviceAddress First(IPNetwork subnet) => new(Next(subnet.BaseAddress), subnet.PrefixLength);

    // Within a /30 or /126 the last byte does not overflow.
    private static IPAddress Next(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes);
    }
}
