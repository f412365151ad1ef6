using System.IO.Pipes;
using Landline.Cli.Output;
using Landline.Daemon.Api;

namespace Landline.Cli.Launching;

/// <summary>Sees to it that a connection's daemon runs.</summary>
internal sealed class DaemonLauncher(TimeProvider time)
{
    /// <summary>A daemon listens within 0.2 s; a machine that swaps may need much longer.</summary>
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(20);

    // Inline completions: the data path's continuations run on the threads that poll the sockets, which is worth a
    // factor of two to three in requests per second. The runtime reads it when the process starts.
    private static readonly Dictionary<string, string> DaemonEnvironment = new()
    {
        ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1",

        // Memory: no second mapping of compiled code (12 MiB), few malloc arenas, no debugger's pipe and its threads.
        ["DOTNET_EnableWriteXorExecute"] = "0",
        ["MALLOC_ARENA_MAX"] = "2",
        ["DOTNET_EnableDiagnostics"] = "0",
    };

    /// <summary>Returns when the daemon's socket accepts.</summary>
    public async Task EnsureRunningAsync(ConnectionDirectory directory, CancellationToken cancellationToken)
    {
        // Two tries: the first may lose a race with another command, or meet a daemon that is about to end.
        if (!await IsListeningAsync(directory, cancellationToken)
            && !await StartAsync(directory, cancellationToken)
            && !await IsListeningAsync(directory, cancellationToken)
            && !await StartAsync(directory, cancellationToken))
        {
            throw CliErrors.DaemonDied(directory.ConnectionName, directory.DaemonLog);
        }
    }

    // A daemon that holds its lock without having a socket is just beginning or just ending.
    private async Task<bool> IsListeningAsync(ConnectionDirectory directory, CancellationToken cancellationToken)
    {
        long begin = time.GetTimestamp();
        while (DaemonLock.IsHeld(directory))
        {
            if (File.Exists(directory.DaemonSocket))
            {
                return true;
            }

            if (time.GetElapsedTime(begin) > LongestStart)
            {
                throw CliErrors.DaemonSilent(directory.ConnectionName, directory.DaemonLog);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
        }

        return false;
    }

    private async Task<bool> StartAsync(ConnectionDirectory directory, CancellationToken cancellationToken)
    {

        // The daemon writes a byte when it listens. If it dies before, its end closes, and reading ends at once.
        await using var ready = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.Inheritable);
        string handle = ready.GetClientHandleAsString();
        DetachedProcess.Start(
            Environment.ProcessPath!,
            ["daemon", "run", "--name", directory.ConnectionName, "--ready-fd", handle],
            DaemonEnvironment,
            directory.DaemonLog,
            ownSession: true);
        ready.DisposeLocalCopyOfClientHandle();

        using var deadline = new CancellationTokenSource(LongestStart, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            // A read of an anonymous pipe does not look at its token.
            return await ready.ReadAsync(new byte[1], CancellationToken.None).AsTask().WaitAsync(either.Token) == 1;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw CliErrors.DaemonSilent(directory.ConnectionName, directory.DaemonLog);
        }
    }
}
