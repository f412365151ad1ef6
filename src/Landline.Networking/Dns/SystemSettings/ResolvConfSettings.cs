using Landline.Networking.Processes;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>For machines whose programs read /etc/resolv.conf and nothing stands behind it.</summary>
public sealed class ResolvConfSettings(ResolverJournal journal) : IResolverSettings
{
    /// <summary>
    /// Compared and not watched by inotify, which says nothing of a bind mount's other side and loses a file that is
    /// replaced by renaming. The look costs two small reads.
    /// </summary>
    internal static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private ResolverOverlay? _overlay;

    public ResolverKind Kind => ResolverKind.ResolvConf;

    public async Task ApplyAsync(ResolverRequest request, CancellationToken cancellationToken)
    {
        var overlay = new ResolverOverlay(
            request.Connection, request.NameServer.ToString(), request.SearchDomains, ProcessIdentity.Current);
        await journal.PutAsync(overlay, cancellationToken);
        _overlay = overlay;
    }

    public async Task WatchAsync(Func<ResolverNotice, Task> notify, TimeProvider time, CancellationToken cancellationToken)
    {
        var contest = new ResolverContest(time);
        try
        {
            while (true)
            {
                await Task.Delay(contest.IsGivenUp ? ResolverContest.Rest : LookEvery, time, cancellationToken);
                if (await LookAsync(contest, cancellationToken) is { } notice)
                {
                    await notify(notice);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The connection ends.
        }
    }

    public async Task RevertAsync(CancellationToken cancellationToken)
    {
        if (_overlay is { } overlay)
        {
            await journal.RemoveAsync(overlay, cancellationToken);
            _overlay = null;
        }
    }

    private async Task<ResolverNotice?> LookAsync(ResolverContest contest, CancellationToken cancellationToken)
    {
        try
        {
            return _overlay is { } overlay ? contest.Next(await journal.PutAgainAsync(overlay, cancellationToken)) : null;
        }
        catch (ResolverException e)
        {
            return contest.Failed(e.Message);
        }
    }
}
