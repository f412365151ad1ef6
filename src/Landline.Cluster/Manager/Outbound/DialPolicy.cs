using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Outbound;

/// <summary>
/// Where the manager does not connect to for anybody: addresses that mean the manager's own pod or its node rather
/// than something in the cluster. Link-local addresses are among them because cloud providers hand out the node's
/// credentials there (169.254.169.254), which is more than the right to make a Connection gives. See docs/security.md.
/// </summary>
internal sealed class DialPolicy(IReadOnlyCollection<IPAddress> ownAddresses)
{
    private readonly HashSet<IPAddress> _ownAddresses = [.. ownAddresses];

    /// <summary>The address to dial: an IPv4 address that came in IPv6 clothes is undressed, so that no rule is missed.</summary>
    public static IPAddress Normalize(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Null = allowed; otherwise why not.</summary>
    /// <param name="address">Normalized.</param>
    public string? Refusal(IPAddress address, int port) => address switch
    {
        _ when IPAddress.IsLoopback(address) => "a loopback address is the manager's own",
        _ when IsUnspecified(address) => "an unspecified address is the manager's own",
        _ when IsMulticast(address) => "multicast and broadcast do not leave the manager's pod",
        _ when IsLinkLocal(address) => "a link-local address belongs to the manager's node",
        _ when port is ClusterObjects.SessionPort or ClusterObjects.HealthPort && _ownAddresses.Contains(address) =>
            "this port is the manager's own",
        _ => null,
    };

    private static bool IsUnspecified(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? address.GetAddressBytes()[0] == 0 // RFC 1122: all of 0.0.0.0/8 means "this host".
        : address.Equals(IPAddress.IPv6Any);

    private static bool IsMulticast(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? address.GetAddressBytes()[0] is >= 224 and < 240 || address.Equals(IPAddress.Broadcast)
        : address.IsIPv6Multicast;

    private static bool IsLinkLocal(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? address.GetAddressBytes() is [169, 254, ..]
        : address.IsIPv6LinkLocal;
}
