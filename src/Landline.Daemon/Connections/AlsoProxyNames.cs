using System.Net;
using Landline.Daemon.Dns;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// The host names of <c>--also-proxy</c> and their addresses in the cluster, looked up again every 30 s: names of cloud
/// services move. A name that cannot be looked up for the moment keeps the addresses it had.
/// </summary>
internal sealed class AlsoProxyNames(
    IReadOnlyList<string> names, ClusterLookup lookup, ConnectionWarnings warnings, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    /// <summary>A common lifetime of such records is 60 s; half of it keeps the gap short.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, IReadOnlyList<IPAddress>> _addresses = new(StringComparer.Ordinal);
    private volatile IReadOnlyCollection<IPAddress> _all = [];
    private Task _refreshing = Task.CompletedTask;

    /// <summary>Every address of every name, as of the last look.</summary>
    public IReadOnlyCollection<IPAddress> Addresses => _all;

    /// <summary>The first look.</summary>
    public Task ResolveAsync(CancellationToken cancellationToken) => RefreshAsync(cancellationToken);

    /// <summary>From now on looks again, and tells when something has changed.</summary>
    public void Start(Func<CancellationToken, Task> changed)
    {
        if (names.Count > 0)
        {
            _refreshing = Task.Run(() => RunAsync(changed, _stop.Token));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _refreshing;
        _stop.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task> changed, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, time, stop);
                if (await RefreshAsync(stop))
                {
                    await changed(stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The connection ends.
        }
    }

    private async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        bool[] changes = await Task.WhenAll(names.Select(name => RefreshAsync(name, cancellationToken)));
        string[] unresolved = [.. names.Where(name => !_addresses.TryGetValue(name, out var found) || found.Count == 0)];
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

        _all = [.. _addresses.Values.SelectMany(addresses => addresses).Distinct()];
        return changes.Any(changed => changed);
    }

    private async Task<bool> RefreshAsync(string name, CancellationToken cancellationToken)
    {
        IReadOnlyList<IPAddress> found;
        try
        {
            found = await lookup.AddressesAsync(name, cancellationToken);
        }
        catch (Exception e) when (e is DnsUnavailableException or FormatException)
        {
            logger.NameUnresolved(name);
            return false;
        }

        lock (_addresses)
        {
            if (_addresses.TryGetValue(name, out var before) && before.ToHashSet().SetEquals(found))
            {
                return false;
            }

            _addresses[name] = found;
        }

        logger.NameResolved(name, string.Join(", ", found));
        return true;
    }
}
