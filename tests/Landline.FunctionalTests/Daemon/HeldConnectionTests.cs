using System.Diagnostics;
using Landline.Daemon.Api;
using Landline.Daemon.Attachments;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Daemon;

/// <summary><c>landline connect -- COMMAND</c> as a process, at daemons whose connections exist only here.</summary>
public sealed class HeldConnectionTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-held-").FullName;
    private readonly CliProcess _cli;
    private readonly ConnectionDirectory _directory;
    private StubApiServer _server = null!;

    public HeldConnectionTests()
    {
        string runtime = Path.Combine(_folder, "run");
        _cli = new CliProcess(runtime);
        _directory = RuntimeDirectory.ForCurrentUser(name => name == "LANDLINE_RUNTIME_DIR" ? runtime : null).Create("lab");
    }

    private string Flag => Path.Combine(_folder, "flag");

    public async ValueTask InitializeAsync() => _server = await StubApiServer.StartAsync(_folder, Deadline.Token);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_connection_ends_with_the_command_that_it_was_made_for()
    {
        await using DaemonHere daemon = await DaemonHere.StartAsync(_directory);
        using Process holder = await HoldAsync();
        Assert.False(daemon.Connection.IsPutBack);

        await EndAsync(holder);

        Assert.True(daemon.Connection.IsPutBack);
    }

    [Fact]
    public async Task A_command_that_ends_leaves_alone_what_has_the_name_of_its_connection_by_then()
    {
        DaemonHere first = await DaemonHere.StartAsync(_directory);
        using Process holder = await HoldAsync();
        await first.DisposeAsync();
        await using DaemonHere second = await DaemonHere.StartAsync(_directory);
        Assert.Equal(0, (await _cli.RunAsync("connect", "--kubeconfig", _server.Kubeconfig)).ExitCode);

        await EndAsync(holder);

        Assert.False(second.Connection.IsPutBack);
    }

    private async Task<Process> HoldAsync()
    {
        Process process = _cli.Start(
            "connect", "--kubeconfig", _server.Kubeconfig, "--", "sh", "-c", $"echo runs; while ! [ -e {Flag} ]; do sleep 0.05; done; exit 3");
        Assert.Equal("runs", await process.StandardOutput.ReadLineAsync(Deadline.Token));
        return process;
    }

    private async Task EndAsync(Process holder)
    {
        await File.WriteAllTextAsync(Flag, "", Deadline.Token);
        await holder.WaitForExitAsync(Deadline.Token);
        Assert.Equal(3, holder.ExitCode);
    }

    /// <summary>A daemon in this process: it has lock and socket until its connection has ended.</summary>
    private sealed class DaemonHere : IAsyncDisposable, IConnectionOpener
    {
        private readonly DaemonLock _lock;
        private readonly ConnectionHost _host;
        private readonly WebApplication _api;
        private readonly Task _ending;

        private DaemonHere(ConnectionDirectory directory)
        {
            _lock = DaemonLock.TryTake(directory)!;
            _host = new ConnectionHost(directory.ConnectionName, this, TimeProvider.System, NullLogger.Instance);
            _api = DaemonApi.Build(directory.DaemonSocket, RuntimeDirectory.CurrentUserId, _host, NullLoggerFactory.Instance);
            _ending = _host.Finished.ContinueWith(
                _ => _lock.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        public ConnectionHere Connection { get; } = new();

        public static async Task<DaemonHere> StartAsync(ConnectionDirectory directory)
        {
            var daemon = new DaemonHere(directory);
            await daemon._api.StartAsync(Deadline.Token);
            return daemon;
        }

        public Task<IOpenConnection> OpenAsync(
            ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken) =>
            Task.FromResult<IOpenConnection>(Connection);

        public async ValueTask DisposeAsync()
        {
            await _host.DisconnectAsync(CancellationToken.None);
            await _ending;
            await _api.DisposeAsync();
        }
    }

    private sealed class ConnectionHere : IOpenConnection
    {
        private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsPutBack { get; private set; }

        public Task<string> Lost => _lost.Task;

        public AttachmentSet Attachments => throw new NotSupportedException("A connection that exists only here attaches to nothing.");

        public ConnectionInfo Describe() => new()
        {
            Name = "lab", Status = ConnectionState.Connected, StatusSince = TimeProvider.System.GetUtcNow(), Namespace = "default",
        };

        public IReadOnlyList<WarningInfo> Warnings() => [];

        public ValueTask DisposeAsync()
        {
            IsPutBack = true;
            _lost.TrySetResult("it was ended");
            return ValueTask.CompletedTask;
        }
    }
}
