using Landline.Networking.Processes;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>
/// For machines with systemd-resolved: settings of the connection's device, which vanish with it. Only the
/// connection's domains are asked of it, and the machine's other servers get everything else.
/// </summary>
public sealed class ResolvedSettings : IResolverSettings
{
    /// <summary>LINK_SEARCH_DOMAINS_MAX of systemd-resolved: with more it refuses them all.</summary>
    public const int MostDomains = 256;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly string[] Unwanted = ["dnssec", "dnsovertls", "llmnr", "mdns"];
    private string? _device;

    public ResolverKind Kind => ResolverKind.SystemdResolved;

    public async Task ApplyAsync(ResolverRequest request, CancellationToken cancellationToken)
    {
        string device = request.Device;
        try
        {
            _device = device;
            await RunAsync(["dns", device, request.NameServer.ToString()], cancellationToken);
            await RunAsync(["domain", device, .. Domains(request)], cancellationToken);
            await RunAsync(["default-route", device, "no"], cancellationToken);

            // The cluster's zones are neither signed nor served over TLS. Older versions lack some of these.
            foreach (string feature in Unwanted)
            {
                await SystemTool.RunAsync("resolvectl", [feature, device, "no"], string.Empty, Timeout, cancellationToken);
            }

            // Names that did not exist a moment ago may be remembered as missing.
            await SystemTool.RunAsync("resolvectl", ["flush-caches"], string.Empty, Timeout, cancellationToken);
        }
        catch (ToolFailedException e)
        {
            throw new ResolverException(e.Message, e);
        }
    }

    /// <summary>Nothing to do: the settings are the device's, and nobody but us writes those.</summary>
    public Task WatchAsync(Func<ResolverNotice, Task> notify, TimeProvider time, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task RevertAsync(CancellationToken cancellationToken)
    {
        if (_device is not { } device)
        {
            return;
        }

        try
        {
            // The exit code does not matter: the device, and its settings with it, may have gone already.
            await SystemTool.RunAsync("resolvectl", ["revert", device], string.Empty, Timeout, cancellationToken);
            await SystemTool.RunAsync("resolvectl", ["flush-caches"], string.Empty, Timeout, cancellationToken);
            _device = null;
        }
        catch (ToolFailedException e)
        {
            throw new ResolverException(e.Message, e);
        }
    }

    /// <summary>The routing domains for which there is room beside the search domains: the first ones.</summary>
    public static IReadOnlyList<string> Used(IReadOnlyList<string> searchDomains, IReadOnlyList<string> routingDomains) =>
        [.. routingDomains.Except(searchDomains).Take(Room(searchDomains))];

    /// <summary>The routing domains for which there is none.</summary>
    public static IReadOnlyList<string> LeftOut(IReadOnlyList<string> searchDomains, IReadOnlyList<string> routingDomains) =>
        [.. routingDomains.Except(searchDomains).Skip(Room(searchDomains))];

    internal static IReadOnlyList<string> Domains(ResolverRequest request) =>
        [.. request.SearchDomains
            .Concat(Used(request.SearchDomains, request.RoutingDomains).Select(domain => "~" + domain))
            .Take(MostDomains)];

    private static int Room(IReadOnlyList<string> searchDomains) => Math.Max(0, MostDomains - searchDomains.Count);

    private static Task<string> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        SystemTool.CheckedAsync("resolvectl", arguments, string.Empty, Timeout, cancellationToken);
}
