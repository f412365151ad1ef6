using Landline.Cli.Daemons;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Landline.Tests.Daemon.Connections;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cli.Daemons;

public sealed class ConnectionEndTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-").FullName;
    private readonly FakeOpener _opener = new();
    private readonly ManualTime _time = new();
    private readonly ConnectionHost _host;
    private readonly WebApplication _api;
    private readonly ConnectionDirectory _directory;

    public ConnectionEndTests()
    {
        _directory = new ConnectionDirectory("lab", _folder);
        _host = new ConnectionHost("lab", _opener, _time, NullLogger.Instance);
        _api = DaemonApi.Build(_directory.DaemonSocket, RuntimeDirectory.CurrentUserId, _host, NullLoggerFactory.Instance);
    }

    public async ValueTask InitializeAsync()
    {
        await _api.StartAsync(Deadline.Token);
        await _host.ConnectAsync(new ConnectRequest { Name = "lab", Namespace = "default" }, _ => ValueTask.CompletedTask, Deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _api.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_connection_that_stands_has_not_ended_until_another_command_ends_it()
    {
        Task<string> end = new ConnectionEnd(_directory, _time).WaitAsync(Deadline.Token);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(1), Deadline.Token);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(1), Deadline.Token); // So the first answer was no end.
        Assert.False(end.IsCompleted);

        await _host.DisconnectAsync(Deadline.Token);
        while (!end.IsCompleted)
        {
            await Task.WhenAny(end, _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(1), Deadline.Token));
        }

        Assert.Equal("it was ended by another command", await end);
    }

    [Fact]
    public async Task A_daemon_that_is_gone_is_an_end()
    {
        Task<string> end = new ConnectionEnd(_directory, _time).WaitAsync(Deadline.Token);
        await _api.StopAsync(Deadline.Token);

        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(1), Deadline.Token);

        Assert.Equal("its daemon has ended", await end);
    }

    [Fact]
    public async Task When_nobody_needs_it_any_more_nothing_is_told()
    {
        using var over = new CancellationTokenSource();
        Task<string> end = new ConnectionEnd(_directory, _time).WaitAsync(over.Token);

        await over.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => end);
    }
}
