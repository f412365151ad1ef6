using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Daemon.Connections;

public sealed class ConnectionHostTests : IAsyncDisposable
{
    private static readonly ConnectRequest Request = new() { Name = "lab", Context = "lab", Namespace = "default" };
    private readonly FakeOpener _opener = new();
    private readonly ConnectionHost _host;

    public ConnectionHostTests() => _host = new ConnectionHost("lab", _opener, new ManualTime(), NullLogger.Instance);

    [Fact]
    public async Task The_same_request_again_is_told_of_what_stands()
    {
        ConnectedEvent first = await ConnectAsync(Request);
        ConnectedEvent second = await ConnectAsync(Request with { AlsoProxy = [] });

        Assert.False(first.AlreadyConnected);
        Assert.True(second.AlreadyConnected);
        Assert.Single(_opener.Opened);
    }

    [Fact]
    public async Task The_order_of_a_list_makes_no_difference()
    {
        await ConnectAsync(Request with { NeverProxy = ["10.0.0.0/8", "192.0.2.0/24"] });

        Assert.True((await ConnectAsync(Request with { NeverProxy = ["192.0.2.0/24", "10.0.0.0/8"] })).AlreadyConnected);
    }

    [Fact]
    public async Task Other_parameters_are_an_error_that_names_them_and_what_to_do()
    {
        await ConnectAsync(Request);

        var error = await Assert.ThrowsAsync<UserErrorException>(
            () => ConnectAsync(Request with { Namespace = "shop", NeverProxy = ["10.0.0.0/8"] }));

        Assert.Equal("connection-differs", error.Code);
        Assert.Contains("namespace is default, not shop; --never-proxy is not set, not 10.0.0.0/8", error.Message, StringComparison.Ordinal);
        Assert.Contains("landline quit --name lab", error.Hint, StringComparison.Ordinal);
        Assert.False(_opener.Opened[0].IsPutBack);
    }

    [Fact]
    public async Task A_failed_attempt_leaves_nothing_for_the_daemon_to_do()
    {
        _opener.BeforeOpening = (_, _) => throw new UserErrorException("cluster-unreachable", "No.", "Try.");

        await Assert.ThrowsAsync<UserErrorException>(() => ConnectAsync(Request));

        await _host.Finished.WaitAsync(Deadline.Token);
        Assert.Null(_host.Status.Connection);
    }

    [Fact]
    public async Task A_caller_that_goes_away_breaks_the_attempt_off()
    {
        _opener.BeforeOpening = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        using var gone = new CancellationTokenSource();
        Task<ConnectedEvent> connecting = _host.ConnectAsync(Request, _ => ValueTask.CompletedTask, gone.Token);
        Assert.Equal(ConnectionState.Connecting, _host.Status.Connection!.Status);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        await _host.Finished.WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task Quitting_breaks_an_attempt_off_too()
    {
        _opener.BeforeOpening = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        Task<ConnectedEvent> connecting = ConnectAsync(Request);

        await _host.DisconnectAsync(Deadline.Token);

        Assert.Equal("connection-ended", (await Assert.ThrowsAsync<UserErrorException>(() => connecting)).Code);
    }

    [Fact]
    public async Task A_second_request_in_the_middle_of_the_first_is_told_to_look()
    {
        _opener.BeforeOpening = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        Task<ConnectedEvent> connecting = ConnectAsync(Request);

        Assert.Equal("connection-busy", (await Assert.ThrowsAsync<UserErrorException>(() => ConnectAsync(Request))).Code);

        await _host.DisconnectAsync(Deadline.Token);
        await Assert.ThrowsAsync<UserErrorException>(() => connecting);
    }

    [Fact]
    public async Task Quitting_puts_everything_back()
    {
        await ConnectAsync(Request);

        await _host.DisconnectAsync(Deadline.Token);

        Assert.True(_opener.Opened[0].IsPutBack);
        Assert.Null(_host.Status.Connection);
        await _host.Finished.WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task A_lost_connection_is_put_back_and_the_status_says_why_until_the_next_connect()
    {
        await ConnectAsync(Request);

        _opener.Opened[0].Lose("the net helper ended (it closed its socket)");

        ConnectionInfo failed = await WhenAsync(ConnectionState.Failed);
        Assert.True(_opener.Opened[0].IsPutBack);
        Assert.Equal("the net helper ended (it closed its socket)", failed.Reason);
        Assert.Empty(failed.Subnets);
        Assert.False(_host.Finished.IsCompleted);
        Assert.False((await ConnectAsync(Request)).AlreadyConnected);
        Assert.Equal(ConnectionState.Connected, _host.Status.Connection!.Status);
    }

    public async ValueTask DisposeAsync() => await _host.DisposeAsync();

    private Task<ConnectedEvent> ConnectAsync(ConnectRequest request) =>
        _host.ConnectAsync(request, _ => ValueTask.CompletedTask, Deadline.Token);

    private async Task<ConnectionInfo> WhenAsync(ConnectionState state)
    {
        CancellationToken deadline = Deadline.Token;
        while (_host.Status.Connection?.Status != state)
        {
            deadline.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return _host.Status.Connection!;
    }
}
