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
        string?[] hosts = [settings.Server.IdnHost, settings.Proxy?.IdnHost, manager?.Host];
        IPAddress[][] found = await Task.WhenAll(hosts.OfType<string>().Select(host => ResolveAsync(host, cancellationToken)));
        return [.. found.SelectMany(addresses => addresses).Distinct()];
    }

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
