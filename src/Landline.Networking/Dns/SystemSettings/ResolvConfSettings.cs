using Landline.Networking.Processes;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>For machines whose programs read /etc/resolv.conf and nothing stands behind it.</summary>
public sealed class ResolvConfSettings(ResolverJournal journal) : IResolverSettings
{
    private ResolverOverlay? _overlay;

    public ResolverKind Kind => ResolverKind.ResolvConf;

    public async Task ApplyAsync(ResolverRequest request, CancellationToken cancellationToken)
    {
        var overlay = new ResolverOverlay(
            request.Connection, request.NameServer.ToString(), request.SearchDomains, ProcessIdentity.Current);
        await journal.PutAsync(overlay, cancellationToken);
        _overlay = overlay;
    }

    public async Task RevertAsync(CancellationToken cancellationToken)
    {
        if (_overlay is { } overlay)
        {
            await journal.RemoveAsync(overlay, cancellationToken);
            _overlay = null;
        }
    }
}
