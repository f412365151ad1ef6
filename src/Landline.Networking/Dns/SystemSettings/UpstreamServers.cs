using System.Net;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>The name servers that answered before a connection put itself in front of them. Read anew each time.</summary>
/// <param name="self">The connection's own server, which is never among them.</param>
public sealed class UpstreamServers(ResolverPaths paths, ResolverKind kind, IPAddress self)
{
    private readonly ResolverJournal _journal = new(paths);

    public IReadOnlyList<IPAddress> Current()
    {
        IReadOnlyList<IPAddress> servers = kind switch
        {
            ResolverKind.SystemdResolved => Read(paths.ResolvedServers),
            _ => _journal.ServersBelow(self),
        };
        return [.. servers.Where(server => !server.Equals(self))];
    }

    /// <summary>Whether another connection's server is the one that is asked; systemd-resolved asks all of them side by side.</summary>
    public bool IsConnection() => kind == ResolverKind.ResolvConf && _journal.HasConnectionBelow(self);

    private static IReadOnlyList<IPAddress> Read(string path)
    {
        try
        {
            return ResolvConf.NameServers(InPlaceFile.Read(path) ?? string.Empty);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
