using System.Net;
using System.Net.Sockets;
using Landline.Kubernetes.Configuration;

namespace Landline.Daemon.Connections;

/// <summary>The addresses that the session itself needs, which must not go through it: API server, proxy, direct manager.</summary>
internal static class ProtectedAddresses
{
    public static async Task<IReadOnlyList<IPAddress>> FindAsync(
        ClusterSettings settings, ManagerAddress? manager, CancellationToken cancellationToken)
    {
        IPAddress[][] found = await Task.WhenAll(Hosts(settings, manager).Select(host => ResolveAsync(host, cancellationToken)));
        return [.. found.SelectMany(addresses => addresses).Distinct()];
    }

    /// <summary>As DNS is asked for them; addresses among them do no harm.</summary>
    public static IEnumerable<string> Hosts(ClusterSettings settings, ManagerAddress? manager) =>
        ((string?[])[settings.Server.IdnHost, settings.Proxy?.IdnHost, manager?.Host])
            .OfType<string>()
            .Select(host => host.TrimEnd('.').ToLowerInvariant());

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address))
        {
            return [address];
        }

        try
        {
            return await System.Net.Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (SocketException)
        {
            // Behind a proxy the API server's name may mean nothing here, and then no route can take it away.
            return [];
        }
    }
}
