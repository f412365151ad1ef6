using System.Security.Cryptography.X509Certificates;
using Landline.Daemon.Connections;
using Landline.Daemon.Diagnostics;
using Landline.FunctionalTests.Daemon.Attachments;
using Landline.Kubernetes.Requests;
using Landline.Networking.Processes;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Microsoft.Extensions.Logging;

namespace Landline.FunctionalTests.Daemon;

/// <summary>A log on a disk that is full.</summary>
public sealed class LogDiskTests : IAsyncLifetime
{
    private readonly string _disk = Directory.CreateTempSubdirectory("landline-disk-").FullName;

    private string Log => Path.Combine(_disk, "daemon.log");

    private string Ballast => Path.Combine(_disk, "ballast");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await SystemTool.RunAsync("umount", ["-l", _disk], string.Empty, TimeSpan.FromSeconds(60), Deadline.Token);
        Directory.Delete(_disk);
    }

    [RootFact]
    public async Task A_session_comes_back_though_the_disk_with_its_log_is_full()
    {
        // Two pages: one for the log, one that takes what is left.
        await SystemTool.CheckedAsync(
            "mount", ["-t", "tmpfs", "-o", "size=8k", "none", _disk], string.Empty, TimeSpan.FromSeconds(60), Deadline.Token);
        using var file = new LogFile(Log);
        using var provider = new FileLoggerProvider(file, TimeProvider.System);
        using var loggers = new LoggerFactory([provider]);
        file.WriteLine(new string('1', 4090));
        await File.WriteAllBytesAsync(Ballast, new byte[4096], Deadline.Token);
        await using var manager = new ManagerStandIn();
        using X509Certificate2 certificate = PinnedTls.CreateCertificate(TimeProvider.System);
        await using var sessions = new SessionClient(new SessionClientOptions
        {
            DialLink = manager.DialAsync,
            Certificate = certificate,
            PinnedFingerprint = () => manager.Fingerprint,
            Hello = static () => "{}"u8.ToArray(),
            Acceptor = static (_, stream) => stream.Refuse(new StreamEnd(StreamEndCode.Unavailable, "Nothing is attached.")),
        });
        await sessions.StartAsync(Deadline.Token);
        var absence = new WorkstationAbsence(TimeProvider.System, new ServerClock(TimeProvider.System));
        using var watch = new SessionWatch(
            sessions, absence, TimeProvider.System, loggers.CreateLogger("Landline.Test"));
        var back = new TaskCompletionSource();
        sessions.StateChanged += (_, state) =>
        {
            if (state == SessionState.Connected)
            {
                back.TrySetResult();
            }
        };

        manager.CutLinks();
        await back.Task.WaitAsync(Deadline.Token);

        Assert.Equal(ConnectionState.Connected, watch.State.State);
        Assert.Equal(4091, new FileInfo(Log).Length); // Not even half a line.
        File.Delete(Ballast);
        file.WriteLine("there is room again");
        Assert.EndsWith(
            "(2 lines are missing here: the disk did not take them)\nthere is room again\n",
            await File.ReadAllTextAsync(Log, Deadline.Token),
            StringComparison.Ordinal);
    }
}
