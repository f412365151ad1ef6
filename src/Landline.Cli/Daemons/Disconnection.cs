using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Networking.Processes;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>
/// Ends a connection: asks the daemon, and kills one that does not answer, since its net helper then puts the machine
/// back by itself.
/// </summary>
internal sealed class Disconnection(TimeProvider time)
{
    /// <summary>Deleting the Connection through a network that is gone takes the daemon up to 5 s.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan LongestExit = TimeSpan.FromSeconds(5);
    private const int SIGKILL = 9;

    /// <summary>Returns when the daemon's process has ended.</summary>
    public async Task RunAsync(ConnectionDirectory directory, CancellationToken cancellationToken)
    {
        int? processId = await DaemonSocket.ProcessIdAsync(directory, cancellationToken);
        try
        {
            using var client = new DaemonClient(directory);
            using var deadline = new CancellationTokenSource(LongestAnswer, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            await client.DisconnectAsync(either.Token);
            if (await HasEndedAsync(directory, cancellationToken))
            {
                return;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Killed below.
        }
        catch (UserErrorException e) when (e.Code == "daemon-gone" && !DaemonLock.IsHeld(directory))
        {
            directory.RemoveSockets();
            return;
        }

        if (processId is { } stuck)
        {
            SpawnedChild.Signal(stuck, SIGKILL);
        }

        if (!await HasEndedAsync(directory, cancellationToken))
        {
            throw CliErrors.DaemonStuck(directory.ConnectionName, processId ?? 0);
        }

        directory.RemoveSockets();
    }

    private async Task<bool> HasEndedAsync(ConnectionDirectory directory, CancellationToken cancellationToken)
    {
        long begin = time.GetTimestamp();
        while (DaemonLock.IsHeld(directory))
        {
            if (time.GetElapsedTime(begin) > LongestExit)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
        }

        return true;
    }
}
