using Landline.Daemon.PacketEngine;

namespace Landline.Daemon.Connections;

/// <summary>
/// Tests once whether this machine's firewall lets connections in by the device, warns while it does not, and is over as
/// soon as it does. It holds up nobody: where a firewall stands in the way, that takes 5 s to find out.
/// </summary>
internal sealed class FirewallWatch : IAsyncDisposable
{
    private static readonly TimeSpan TestEvery = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    /// <param name="admits">See <see cref="TunEngine.AdmitsAsync"/>.</param>
    public FirewallWatch(Func<CancellationToken, Task<bool>> admits, string device, ConnectionWarnings warnings, TimeProvider time) =>
        _watching = Task.Run(() => RunAsync(admits, device, warnings, time, _stop.Token));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private static async Task RunAsync(
        Func<CancellationToken, Task<bool>> admits, string device, ConnectionWarnings warnings, TimeProvider time, CancellationToken stop)
    {
        try
        {
            while (!await admits(stop))
            {
                warnings.Set(
                    WarningCodes.FirewallDrops,
                    $"This machine's firewall drops what comes in by {device}, so no TCP connection to the cluster comes about.",
                    $"Allow the device with: sudo ufw allow in on {device}, or: sudo firewall-cmd --zone=trusted --add-interface={device}");
                await Task.Delay(TestEvery, time, stop);
            }

            warnings.Clear(WarningCodes.FirewallDrops);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The connection ends.
        }
    }
}
