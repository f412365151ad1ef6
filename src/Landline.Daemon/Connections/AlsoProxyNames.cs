using System.Net;
using Landline.Daemon.Dns;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// The host names of <c>--also-proxy</c> and their addresses in the cluster: looked up every 30 s, because names of cloud
/// services move, and taken from each answer that a program of this machine gets. A name that cannot be looked up for the
/// moment keeps the addresses it had.
/// </summary>
/// <param name="spellings">The names to look a host up by, until one has addresses.</param>
internal sealed class AlsoProxyNames(
    IReadOnlyList<string> names,
    Func<string, IReadOnlyList<string>> spellings,
    ClusterLookup lookup,
    ConnectionWarnings warnings,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    /// <summary>A common lifetime of such records is 60 s; half of it keeps the gap short.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>A route takes some 20 ms. With a net helper that hangs, the program has its answer before it asks again.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly SeenAddresses _seen = new(time);
    private readonly Lock _lock = new();
    private readonly HashSet<string> _resolved = new(StringComparer.Ordinal);
    private HashSet<IPAddress> _told = [];
    private CoalescedUpdates? _updates;
    private bool _changedBeforeStart;
    private Task _refreshing = Task.CompletedTask;

    /// <summary>Every address that a name has had lately.</summary>
    public IReadOnlyCollection<IPAddress> Addresses => _seen.All;

    /// <summary>The first look.</summary>
    public Task ResolveAsync(CancellationToken cancellationToken) => RefreshAsync(cancellationToken);

    /// <summary>From now on looks again, and tells when something has changed.</summary>
    public void Start(Func<CancellationToken, Task> changed)
    {
        if (names.Count == 0)
        {
            return;
        }

        var updates = new CoalescedUpdates(stop => TellAsync(changed, stop));
        bool isLate;
        lock (_lock)
        {
            _updates = updates;
            isLate = _changedBeforeStart;

            // The first look is in the plan that there is now.
            _told = isLate ? [] : [.. Addresses];
        }

        _refreshing = Task.Run(() => RunAsync(updates, isLate, _stop.Token));
    }

    /// <summary>
    /// A program is about to get these addresses of a host. Returns when they are told of, but no later than after a
    /// second. Any thread may call it.
    /// </summary>
    public async Task SeeAsync(string host, IReadOnlyList<IPAddress> addresses)
    {
        bool hasChanged = _seen.See(host, addresses);
        if (hasChanged)
        {
            logger.NameResolved(host, string.Join(", ", addresses));
        }

        CoalescedUpdates? updates;
        bool isUntold;
        lock (_lock)
        {
            updates = _updates;
            _changedBeforeStart |= hasChanged && updates is null;

            // Seen by another answer, which waits too, or by a look. Of a name with too many addresses some are passed over.
            isUntold = Addresses.Intersect(addresses).Except(_told).Any();
        }

        if (updates is not null && (hasChanged || isUntold))
        {
            using var waited = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            await Task.WhenAny(updates.AskAsync(), Task.Delay(LongestWait, time, waited.Token));
            await waited.CancelAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _refreshing;
        if (_updates is not null)
        {
            await _updates.DisposeAsync();
        }
    }

    private async Task TellAsync(Func<CancellationToken, Task> changed, CancellationToken stop)
    {
        IReadOnlyCollection<IPAddress> addresses = Addresses;
        await changed(stop);
        lock (_lock)
        {
            _told = [.. addresses];
        }
    }

    private async Task RunAsync(CoalescedUpdates updates, bool isLate, CancellationToken stop)
    {
        try
        {
            if (isLate)
            {
                await updates.AskAsync();
            }

            while (true)
            {
                await Task.Delay(Interval, time, stop);
                await RefreshAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The connection ends.
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(names.Select(name => RefreshAsync(name, cancellationToken)));
        string[] unresolved;
        lock (_lock)
        {
            unresolved = [.. names.Where(name => !_resolved.Contains(name))];
        }

        if (unresolved.Length > 0)
        {
            warnings.Set(
                WarningCodes.NameUnresolved,
                $"The cluster does not resolve {string.Join(", ", unresolved)}, so --also-proxy has no effect for it.",
                "Check the name from a pod of the cluster");
        }
        else
        {
            warnings.Clear(WarningCodes.NameUnresolved);
        }
    }

    // Asks for the update itself: the look at another name may take seconds.
    private async Task RefreshAsync(string name, CancellationToken cancellationToken)
    {
        IReadOnlyList<IPAddress> found = [];
        try
        {
            foreach (string spelling in spellings(name))
            {
                found = await lookup.AddressesAsync(spelling, cancellationToken);
                if (found.Count > 0)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is DnsUnavailableException or FormatException)
        {
            logger.NameUnresolved(name);
            return;
        }

        CoalescedUpdates? updates;
        lock (_lock)
        {
            _ = found.Count > 0 ? _resolved.Add(name) : _resolved.Remove(name);
            updates = _updates;
        }

        if (!_seen.See(name, found))
        {
            return;
        }

        logger.NameResolved(name, string.Join(", ", found));
        if (updates is not null)
        {
            await updates.AskAsync();
        }
    }
}
