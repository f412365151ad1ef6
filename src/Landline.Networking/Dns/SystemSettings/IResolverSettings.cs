using System.Net;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>Makes this machine's programs ask a connection's DNS server. One object for one connection; needs root.</summary>
public interface IResolverSettings
{
    ResolverKind Kind { get; }

    /// <summary>Puts the settings in force, or replaces those that this object put in force before.</summary>
    /// <exception cref="ResolverException">Not possible; nothing was changed.</exception>
    Task ApplyAsync(ResolverRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps the settings in force against whoever writes others in their place, until it is
    /// cancelled, which must be over before they are taken back. Once for each object, beside <see cref="ApplyAsync"/>.
    /// </summary>
    /// <param name="notify">Told of what happens to the settings, one notice after the other.</param>
    Task WatchAsync(Func<ResolverNotice, Task> notify, TimeProvider time, CancellationToken cancellationToken);

    /// <summary>Takes them back. Does nothing when there are none.</summary>
    /// <exception cref="ResolverException">Not possible now; may be tried again.</exception>
    Task RevertAsync(CancellationToken cancellationToken);
}

/// <param name="Device">The connection's network device.</param>
/// <param name="RoutingDomains">Used only where the resolver routes by domain.</param>
public sealed record ResolverRequest(
    string Connection,
    string Device,
    IPAddress NameServer,
    IReadOnlyList<string> SearchDomains,
    IReadOnlyList<string> RoutingDomains);
