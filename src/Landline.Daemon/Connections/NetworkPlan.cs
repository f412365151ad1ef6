using System.Collections.Frozen;
using System.Net;
using Landline.Daemon.Dns;
using Landline.Protocol.Api;

namespace Landline.Daemon.Connections;

/// <summary>What the workstation's network must look like for what is known of the cluster now. Never changed; made anew.</summary>
internal sealed record NetworkPlan
{
    /// <summary>Goes through the TUN device.</summary>
    public required IReadOnlyList<IPNetwork> Routed { get; init; }

    /// <summary>What the user gave to the cluster by name: it may take a part of a wider route of this machine.</summary>
    public required IReadOnlyList<IPNetwork> MayTakeOver { get; init; }

    /// <summary>Never goes through the TUN device.</summary>
    public required IReadOnlyList<IPAddress> Protected { get; init; }

    public required ClusterNames Names { get; init; }

    /// <summary>Namespaces of <c>--mapped-namespaces</c> that the cluster does not have.</summary>
    public required IReadOnlyList<string> UnknownNamespaces { get; init; }

    /// <param name="resolved">Addresses of the host names of <c>--also-proxy</c>.</param>
    /// <param name="protectedAddresses">The API server's and what else the session itself runs through.</param>
    public static NetworkPlan Of(
        ConnectRequest request,
        ClusterMessage cluster,
        IReadOnlyCollection<IPAddress> resolved,
        IReadOnlyList<IPAddress> protectedAddresses)
    {
        ProxyTarget[] targets = [.. request.AlsoProxy.Select(ProxyTarget.Parse)];
        IPNetwork[] alsoProxy =
        [
            .. targets.Select(target => target.Subnet).OfType<IPNetwork>(),
            .. resolved.Select(SubnetArithmetic.Single),
        ];
        return new NetworkPlan
        {
            Routed = SubnetPlan.Routed(
                SubnetsOf(cluster), alsoProxy, request.NeverProxy.Select(ProxyTarget.ParseNeverProxy), protectedAddresses),
            MayTakeOver = SubnetArithmetic.Simplify(alsoProxy),
            Protected = protectedAddresses,
            Names = NamesOf(request, cluster),
            UnknownNamespaces =
                [.. request.MappedNamespaces.Where(name => cluster.Namespaces.Count > 0 && !cluster.Namespaces.Contains(name))],
        };
    }

    /// <summary>The part that says whose names are whose.</summary>
    public static ClusterNames NamesOf(ConnectRequest request, ClusterMessage cluster)
    {
        var wanted = request.MappedNamespaces;
        var existing = cluster.Namespaces.ToFrozenSet(StringComparer.Ordinal);
        return new ClusterNames
        {
            ClusterDomain = cluster.ClusterDomain,
            ConnectedNamespace = request.Namespace,
            Namespaces = wanted.Count == 0 ? existing : wanted.Where(existing.Contains).ToFrozenSet(StringComparer.Ordinal),
            OnlyTheseNamespaces = wanted.Count > 0,
            Subnets = SubnetArithmetic.Simplify(SubnetsOf(cluster)),
            AlsoProxyHosts =
                request.AlsoProxy.Select(text => ProxyTarget.Parse(text).HostName).OfType<string>().ToFrozenSet(StringComparer.Ordinal),
        };
    }

    private static IPNetwork[] SubnetsOf(ClusterMessage cluster) =>
        [.. cluster.ServiceSubnets.Concat(cluster.PodSubnets).SelectMany(Subnet)];

    // A manager of a later version may say more than this one understands.
    private static IEnumerable<IPNetwork> Subnet(string text) =>
        ProxyTarget.TryParseSubnet(text, out IPNetwork subnet) ? [subnet] : [];
}
