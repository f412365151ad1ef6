using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Networking.Processes;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>
/// A connection that a command needs as long as it runs. Whatever connection has its name at the end may be somebody
/// else's, so that it is let go of by what its own daemon gave for that, and no process is killed.
/// </summary>
internal sealed class HeldConnection(ConnectionDirectory directory, ConnectedEvent connected, TimeProvider time)
{
    /// <summary>Deleting the Connection through a network that is gone takes the daemon up to 5 s.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(12);

    /// <summary>Until another command could begin: a daemon that is just ending takes no requests.</summary>
    private static readonly TimeSpan LongestExit = TimeSpan.FromSeconds(5);

    private readonly int _processId = connected.Connection.DaemonProcessId ?? 0;
    private readonly ProcessIdentity? _daemon = ProcessIdentity.Of(connected.Connection.DaemonProcessId ?? 0);

    /// <summary>Returns when the connection has ended, if nobody else needs it.</summary>
    /// <exception cref="UserErrorException">The daemon does not answer.</exception>
    public async Task ReleaseAsync()
    {
        using var client = new DaemonClient(directory);
        using var deadline = new CancellationTokenSource(LongestAnswer, time);
        try
        {
            if (connected.Hold is { } hold && await client.ReleaseAsync(hold, deadline.Token))
            {
                await WaitForExitAsync();
            }
        }
        catch (OperationCanceledException)
        {
            throw CliErrors.DaemonStuck(directory.ConnectionName, _processId);
        }
        catch (UserErrorException e) when (e.Code == "daemon-gone")
        {
            // Ended by another command, or dead: the machine is put back, and it was said when it happened.
            return;
        }
    }

    private async Task WaitForExitAsync()
    {
        long begin = time.GetTimestamp();
        while (_daemon is { IsAlive: true } && DaemonLock.IsHeld(directory) && time.GetElapsedTime(begin) < LongestExit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, CancellationToken.None);
        }
    }
}
