using System.Collections.Frozen;
using System.Net;

namespace Landline.Daemon.Dns;

/// <summary>Which names belong to the cluster. Replaced as a whole when the manager reports a change.</summary>
internal sealed record ClusterNames
{
    /// <summary>Without dots at the ends, usually <c>cluster.local</c>.</summary>
    public required string ClusterDomain { get; init; }

    /// <summary>Names of one label are looked for in this namespace.</summary>
    public required string ConnectedNamespace { get; init; }

    /// <summary>The cluster's namespaces, or those of --mapped-namespaces that exist.</summary>
    public required FrozenSet<string> Namespaces { get; init; }

    /// <summary>True with --mapped-namespaces: names of other namespaces are not the cluster's then.</summary>
    public bool OnlyTheseNamespaces { get; init; }

    /// <summary>Service and pod subnets: PTR questions about their addresses go to the cluster.</summary>
    public required IReadOnlyList<IPNetwork> Subnets { get; init; }

    /// <summary>Host names of --also-proxy, lower case, without dots at the ends.</summary>
    public FrozenSet<string> AlsoProxyHosts { get; init; } = [];

    /// <summary>Those that the session itself is dialled by, lower case: they are never asked of the cluster, which may be away.</summary>
    public FrozenSet<string> SessionHosts { get; init; } = [];

    /// <summary>What a pod of the connected namespace has as its search list.</summary>
    public IReadOnlyList<string> SearchDomains =>
        [$"{ConnectedNamespace}.svc.{ClusterDomain}", $"svc.{ClusterDomain}", ClusterDomain];

    /// <summary>
    /// What systemd-resolved must ask of us, the dearest first, because it does not take any number: names of other
    /// namespaces, of which a large cluster has hundreds, can be written with <c>.svc</c> behind them.
    /// </summary>
    public IReadOnlyList<string> RoutingDomains =>
    [
        ClusterDomain,
        "svc",
        .. Namespaces.Where(name => name == ConnectedNamespace),
        .. AlsoProxyHosts.Order(StringComparer.Ordinal),
        .. Subnets.SelectMany(ReverseZones.Of),
        .. Namespaces.Where(name => name != ConnectedNamespace).Order(StringComparer.Ordinal),
    ];

    /// <summary>A name that programs try before the session host itself, because of the search path.</summary>
    public bool IsSearchedSessionHost(string name) =>
        SearchDomains.Any(domain => name.EndsWith(domain, StringComparison.Ordinal)
            && name.Length > domain.Length + 1
            && SessionHosts.Contains(name[..^(domain.Length + 1)]));
}
