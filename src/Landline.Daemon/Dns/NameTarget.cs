using System.Net;
using Landline.Networking.Dns;

namespace Landline.Daemon.Dns;

/// <summary>Whom to ask about a name.</summary>
internal enum NameOwner
{
    /// <summary>The resolver that this machine had before.</summary>
    Upstream,

    /// <summary>The cluster, whose answer stands, also when it says that there is no such name.</summary>
    Cluster,

    /// <summary>
    /// The cluster, whose domain it is; but another connection's cluster may have the same domain, so "no such name" is
    /// the last word only where no other connection is below this one.
    /// </summary>
    ClusterThenConnectionBelow,

    /// <summary>The cluster first; the name may exist elsewhere too, so its "no such name" is not the last word.</summary>
    ClusterThenUpstream,
}

/// <param name="Name">The name to ask for, which differs from the asked one when that was short.</param>
internal readonly record struct NameTarget(NameOwner Owner, string Name)
{
    private const string Localhost = "localhost";

    /// <param name="name">Lower case, no dot at the end.</param>
    public static NameTarget Of(string name, DnsRecordType type, ClusterNames cluster)
    {
        if (cluster.SessionHosts.Contains(name))
        {
            return new NameTarget(NameOwner.Upstream, name);
        }

        if (cluster.AlsoProxyHosts.Contains(name))
        {
            return OfAlsoProxy(name, type, cluster);
        }

        if (IsIn(name, cluster.ClusterDomain))
        {
            return Mapped(name, name, cluster);
        }

        if (ReverseZones.TryParse(name, out IPAddress address))
        {
            bool isCluster = cluster.Subnets.Any(subnet => subnet.Contains(address));
            return new NameTarget(isCluster ? NameOwner.Cluster : NameOwner.Upstream, name);
        }

        return name.EndsWith(".svc", StringComparison.Ordinal)
            ? Mapped($"{name}.{cluster.ClusterDomain}", name, cluster)
            : OfShort(name, type, cluster);
    }

    /// <summary>What a host of --also-proxy may be in the cluster, the most likely first: short names are as in a pod.</summary>
    public static IReadOnlyList<string> SpellingsOf(string host, ClusterNames cluster) =>
        [.. new[] { OfAlsoProxy(host, DnsRecordType.A, cluster).Name, host }.Distinct(StringComparer.Ordinal)];

    private static NameTarget OfAlsoProxy(string name, DnsRecordType type, ClusterNames cluster)
    {
        if (name.EndsWith(".svc", StringComparison.Ordinal))
        {
            return new NameTarget(NameOwner.Cluster, $"{name}.{cluster.ClusterDomain}");
        }

        NameTarget target = OfShort(name, type, cluster);
        return target.Owner == NameOwner.Upstream ? new NameTarget(NameOwner.Cluster, name) : target;
    }

    // Questions about zones are not about services: a validating resolver asks for the DS of "dev" or "com".
    private static NameTarget OfShort(string name, DnsRecordType type, ClusterNames cluster)
    {
        var upstream = new NameTarget(NameOwner.Upstream, name);
        string[] labels = name.Split('.');
        if (name.Length == 0
            || labels[^1] == Localhost
            || type is DnsRecordType.NS or DnsRecordType.SOA or DnsRecordType.DS or DnsRecordType.DNSKEY)
        {
            return upstream;
        }

        // _port._protocol.service is a single name with the two labels that SRV records have in front.
        bool isServiceRecord = labels.Length > 2 && labels[0].StartsWith('_') && labels[1].StartsWith('_');
        int own = isServiceRecord ? labels.Length - 2 : labels.Length;
        if (own == 1)
        {
            return Short($"{name}.{cluster.ConnectedNamespace}.svc.{cluster.ClusterDomain}");
        }

        return cluster.Namespaces.Contains(labels[^1]) ? Short($"{name}.svc.{cluster.ClusterDomain}") : upstream;
    }

    private static NameTarget Short(string full) => new(NameOwner.ClusterThenUpstream, full);

    private static NameTarget Mapped(string full, string asked, ClusterNames cluster)
    {
        if (!cluster.OnlyTheseNamespaces)
        {
            return new NameTarget(NameOwner.ClusterThenConnectionBelow, full);
        }

        // Without the cluster's domain, "svc" or "pod" is last and the namespace before it.
        string[] labels = full[..^cluster.ClusterDomain.Length].TrimEnd('.').Split('.');
        bool isElsewhere = labels.Length >= 2 && labels[^1] is "svc" or "pod" && !cluster.Namespaces.Contains(labels[^2]);
        return isElsewhere ? new NameTarget(NameOwner.Upstream, asked) : new NameTarget(NameOwner.ClusterThenConnectionBelow, full);
    }

    private static bool IsIn(string name, string domain) =>
        name.EndsWith(domain, StringComparison.Ordinal)
        && (name.Length == domain.Length || name[^(domain.Length + 1)] == '.');
}
