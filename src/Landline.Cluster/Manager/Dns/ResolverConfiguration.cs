using System.Net;

namespace Landline.Cluster.Manager.Dns;

/// <summary>What resolv.conf(5) says in a pod: whom to ask, and in which domain the cluster lives.</summary>
/// <param name="ClusterDomain">Without a dot at either end.</param>
internal sealed record ResolverConfiguration(IReadOnlyList<IPEndPoint> NameServers, string ClusterDomain)
{
    public const string DefaultClusterDomain = "cluster.local";

    private const int DnsPort = 53;

    // The C library reads no more than three (MAXNS).
    private const int MostNameServers = 3;

    public static ResolverConfiguration Parse(string text)
    {
        var servers = new List<IPEndPoint>();
        string? domain = null;
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", var address, ..] when servers.Count < MostNameServers && IPAddress.TryParse(address, out IPAddress? server):
                    servers.Add(new IPEndPoint(server, DnsPort));
                    break;
                case ["search", .. var domains]:
                    domain = FindClusterDomain(domains); // The last "search" line counts.
                    break;
            }
        }

        return new ResolverConfiguration(servers, domain ?? DefaultClusterDomain);
    }

    // The kubelet writes "NAMESPACE.svc.DOMAIN svc.DOMAIN DOMAIN" and whatever the node has behind it.
    private static string? FindClusterDomain(string[] domains)
    {
        const string Services = "svc.";
        return domains
            .Select(static domain => domain.Trim('.'))
            .Where(static domain => domain.StartsWith(Services, StringComparison.OrdinalIgnoreCase))
            .Select(static domain => domain[Services.Length..])
            .FirstOrDefault(static domain => domain.Length > 0);
    }
}
