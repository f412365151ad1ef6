using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Outbound;

/// <summary>
/// Where the manager does not connect to for anybody: addresses that mean the manager's own pod or its node rather
/// than something in the cluster, and those where cloud providers hand out the node's credentials (169.254.169.254 and its
/// like), which is more than the right to make a Connection gives. See docs/security.md.
/// </summary>
/// <param name="denied">What the cluster's administrator wants left alone beside that.</param>
internal sealed class DialPolicy(IReadOnlyCollection<IPAddress> ownAddresses, IReadOnlyCollection<IPNetwork> denied)
{
    /// <summary>RFC 6052: where a NAT64 gateway has it, the last 32 bits are the IPv4 address that it connects to.</summary>
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>The providers' services for instances that are not link-local.</summary>
    private static readonly HashSet<IPAddress> InstanceServices =
    [
        IPAddress.Parse("fd00:ec2::254"), // AWS: instance metadata.
        IPAddress.Parse("fd00:ec2::23"), // AWS: pod identities.
        IPAddress.Parse("fd20:ce::254"), // Google.
        IPAddress.Parse("fd00:c1::a9fe:a9fe"), // Oracle.
        IPAddress.Parse("fd00:42::42"), // Scaleway.
        IPAddress.Parse("168.63.129.16"), // Azure: the host's agent.
        IPAddress.Parse("100.100.100.200"), // Alibaba.
    ];

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
        _ when InstanceServices.Contains(address) => "the cloud provider hands out the node's credentials there",
        _ when DeniedWith(address) is { } subnet => $"the cluster's administrator denies {subnet}",
        _ when port is ClusterObjects.SessionPort or ClusterObjects.WebSocketPort or ClusterObjects.HealthPort && _ownAddresses.Contains(address) =>
            "this port is the manager's own",
        _ when Nat64.Contains(address) => Refusal(new IPAddress(address.GetAddressBytes().AsSpan(12)), port),
        _ => null,
    };

    private IPNetwork? DeniedWith(IPAddress address)
    {
        foreach (IPNetwork subnet in denied)
        {
            if (subnet.Contains(address))
            {
                return subnet;
            }
        }

        return null;
    }

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
