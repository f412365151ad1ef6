using System.Net;
using System.Net.Sockets;
using Landline.Daemon.PacketEngine;

namespace Landline.Daemon.Connections;

/// <summary>
/// Tests once for each IP version that is routed whether this machine's firewall lets connections in by the device, warns
/// while it does not, and is over as soon as it does. It holds up nobody: where a firewall stands in the way, that takes 5 s
/// to find out.
/// </summary>
/// <param name="admits">See <see cref="TunEngine.AdmitsAsync"/>.</param>
internal sealed class FirewallWatch(
    Func<AddressFamily, CancellationToken, Task<bool>> admits, string device, ConnectionWarnings warnings, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan TestEvery = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<AddressFamily, Task> _watching = [];

    /// <summary>Begins with the versions that were not routed before. One caller at a time, and none beside disposal.</summary>
    public void Watch(IEnumerable<IPNetwork> routed)
    {
        foreach (AddressFamily version in routed.Select(subnet => subnet.BaseAddress.AddressFamily).Distinct().Except(_watching.Keys).ToArray())
        {
            _watching[version] = Task.Run(() => RunAsync(version, _stop.Token));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(Task.WhenAll(_watching.Values)); // Not its exception: a test that broke off is no reason to leave anything behind.
        _stop.Dispose();
    }

    private async Task RunAsync(AddressFamily version, CancellationToken stop)
    {
        string name = version == AddressFamily.InterNetwork ? "IPv4" : "IPv6";
        try
        {
            while (!await admits(version, stop))
            {
                warnings.Set(
                    WarningCodes.FirewallDrops,
                    name,
                    $"This machine's firewall drops what comes in by {device} over {name}, so no TCP connection to the cluster's {name} addresses comes about.",
                    $"Allow the device with: sudo ufw allow in on {device}, or: sudo firewall-cmd --zone=trusted --add-interface={device}");
                await Task.Delay(TestEvery, time, stop);
            }

            warnings.Clear(WarningCodes.FirewallDrops, name);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The connection ends.
        }
    }
}
