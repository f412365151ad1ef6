using Landline.Daemon.Api;
using Landline.Daemon.Attachments.Mounts;
using Landline.Daemon.Connections;
using Landline.Daemon.Diagnostics;
using Landline.Networking.Processes;
using Landline.Protocol.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Landline.Daemon;

/// <summary>
/// The daemon's process: one connection from the request that the CLI sends to the end of it. SIGTERM is the same as
/// <c>landline quit</c>.
/// </summary>
public static class DaemonProgram
{
    private const int Done = 0;
    private const int AnotherRuns = 1;

    /// <summary>A command that looks whether the daemon lives holds the lock for a moment.</summary>
    private static readonly TimeSpan LongestLockWait = TimeSpan.FromSeconds(1);

    /// <summary>The CLI asks for a connection right after the start; if it died meanwhile, nobody will.</summary>
    private static readonly TimeSpan LongestIdle = TimeSpan.FromSeconds(30);

    /// <param name="readyDescriptor">Gets one byte when the API listens, and is closed.</param>
    public static async Task<int> RunAsync(string name, int? readyDescriptor, CancellationToken cancellationToken)
    {
        TimeProvider time = TimeProvider.System;
        ConnectionDirectory directory = RuntimeDirectory.ForCurrentUser(Environment.GetEnvironmentVariable).Create(name);
        using DaemonLock? mine = await TakeLockAsync(directory, time, cancellationToken);
        if (mine is null)
        {
            return AnotherRuns;
        }

        // No folder is kept from being unmounted, and no relative path means something by accident.
        Directory.SetCurrentDirectory("/");
        directory.RemoveSockets();
        await MountRemains.RemoveAsync(directory);
        using var logFile = new LogFile(directory.DaemonLog);
        using var provider = new FileLoggerProvider(logFile, time);
        using var loggers = new LoggerFactory([provider], LogLevels());
        ILogger logger = loggers.CreateLogger("Landline.Daemon");
        logger.Started(ProductVersion.Text, Environment.ProcessId, name);

        using var memory = new IdleMemory(Session.DiscardSpareMemory, time);
        var opener = new ConnectionOpener(directory, time, loggers);
        await using var host = new ConnectionHost(name, opener, time, logger);
        await using (WebApplication api = DaemonApi.Build(
            directory.DaemonSocket, RuntimeDirectory.CurrentUserId, host, loggers))
        {
            await api.StartAsync(cancellationToken);
            SignalReady(readyDescriptor);
            await WaitForEndAsync(host, time, cancellationToken);
            await host.DisconnectAsync(CancellationToken.None);
            await api.StopAsync(CancellationToken.None);
        }

        directory.RemoveSockets();
        logger.Ended();
        return Done;
    }

    private static async Task WaitForEndAsync(ConnectionHost host, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await host.Asked.WaitAsync(LongestIdle, time, cancellationToken);
            await host.Finished.WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Nobody asked, or SIGTERM: both are an order to end.
        }
    }

    private static async Task<DaemonLock?> TakeLockAsync(
        ConnectionDirectory directory, TimeProvider time, CancellationToken cancellationToken)
    {
        long begin = time.GetTimestamp();
        while (true)
        {
            DaemonLock? taken = DaemonLock.TryTake(directory);
            if (taken is not null || time.GetElapsedTime(begin) > LongestLockWait)
            {
                return taken;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
        }
    }

    private static LoggerFilterOptions LogLevels()
    {
        bool debug = Environment.GetEnvironmentVariable("LANDLINE_LOG") == "debug";
        var options = new LoggerFilterOptions { MinLevel = debug ? LogLevel.Debug : LogLevel.Information };
        options.Rules.Add(new LoggerFilterRule(null, "Microsoft", LogLevel.Warning, null));
        return options;
    }

    private static void SignalReady(int? descriptor)
    {
        if (descriptor is { } number)
        {
            using var pipe = new FileStream(new SafeFileHandle(number, ownsHandle: true), FileAccess.Write, bufferSize: 0);
            pipe.WriteByte((byte)'r');
        }
    }
}
