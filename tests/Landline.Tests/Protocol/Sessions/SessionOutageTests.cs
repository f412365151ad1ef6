using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>Sessions over real TCP and TLS whose network goes away, with time that a test lets pass.</summary>
public sealed class SessionOutageTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_link_that_falls_silent_is_noticed_within_ten_seconds_and_its_session_goes_on_over_a_new_one()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints(time, Grace);
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        (SessionStream near, SessionStream far) = await OpenAsync(endpoints, session);
        endpoints.MuteLinks();
        endpoints.IsUnreachable = true;
        await near.WriteAsync("into the void"u8.ToArray(), Deadline.Token);
        Task reconnecting = ReachedAsync(client, SessionState.Reconnecting);

        time.Advance(KeepAlive.Default.DeadAfter - Moment);
        Assert.Equal(SessionState.Connected, session.State);
        time.Advance(TimeSpan.FromSeconds(10) - KeepAlive.Default.DeadAfter + Moment);

        Assert.Equal(SessionState.Reconnecting, session.State);
        await reconnecting.WaitAsync(Deadline.Token);
        Task connected = ReachedAsync(client, SessionState.Connected);
        endpoints.IsUnreachable = false;
        client.Probe();
        await connected.WaitAsync(Deadline.Token);
        Assert.Same(session, client.Current);
        near.EndWriting();
        Assert.Equal("into the void", await far.ReadToEndAsync());
    }

    [Fact]
    public async Task A_probe_of_a_dead_link_makes_the_client_dial_again_before_the_next_ping()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints(time, Grace);
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        Task resumed = ReachedAsync(session, () => session.Reconnects > 0);
        endpoints.MuteLinks();

        client.Probe();
        time.Advance(SessionLimits.ProbeTimeout);

        await resumed.WaitAsync(Deadline.Token);
        Assert.Same(session, client.Current);
        Assert.Null(session.EndReason);
    }

    [Fact]
    public async Task A_probe_without_a_link_dials_without_waiting_for_the_pause_to_end()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints(time, Grace);
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        Task resumed = ReachedAsync(session, () => session.Reconnects > 0);
        endpoints.IsUnreachable = true;
        endpoints.CutLinks();
        await endpoints.FailedDials.ReadAsync(Deadline.Token);

        endpoints.IsUnreachable = false;
        client.Probe();

        await resumed.WaitAsync(Deadline.Token);
        Assert.Same(session, client.Current);
    }

    [Fact]
    public async Task A_client_that_comes_back_within_its_grace_goes_on_where_it_was()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints(time, Grace);
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        Session atServer = await endpoints.NewSessions.ReadAsync(Deadline.Token);
        (SessionStream near, SessionStream far) = await OpenAsync(endpoints, session);
        await LoseNetworkAsync(endpoints, session, atServer);
        await near.WriteAsync("written "u8.ToArray(), Deadline.Token);

        time.Advance(Grace - Moment);

        Assert.Equal(SessionState.Reconnecting, atServer.State);
        Assert.Equal(SessionState.Reconnecting, session.State);
        Assert.Same(atServer, Assert.Single(endpoints.Server.Sessions));
        Task resumed = ReachedAsync(session, () => session.State == SessionState.Connected);
        endpoints.IsUnreachable = false;
        client.Probe();
        await resumed.WaitAsync(Deadline.Token);
        time.Advance(Moment);
        await near.WriteAsync("meanwhile"u8.ToArray(), Deadline.Token);
        near.EndWriting();
        Assert.Equal("written meanwhile", await far.ReadToEndAsync());
        Assert.Equal(SessionState.Connected, atServer.State);
    }

    [Fact]
    public async Task A_session_whose_link_is_gone_for_longer_than_its_grace_ends_on_both_sides()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints(time, Grace);
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        Session atServer = await endpoints.NewSessions.ReadAsync(Deadline.Token);
        (SessionStream near, SessionStream far) = await OpenAsync(endpoints, session);
        await LoseNetworkAsync(endpoints, session, atServer);

        time.Advance(Grace);

        Assert.Equal(StreamEndCode.SessionLost, (await atServer.Ended.WaitAsync(Deadline.Token)).Code);
        Assert.Equal(StreamEndCode.SessionLost, (await session.Ended.WaitAsync(Deadline.Token)).Code);
        Assert.Contains("30 s", atServer.EndReason!.Detail, StringComparison.Ordinal);
        Assert.Equal(StreamEndCode.SessionLost, (await far.Completion.WaitAsync(Deadline.Token))?.Code);
        Assert.Equal(StreamEndCode.SessionLost, (await near.Completion.WaitAsync(Deadline.Token))?.Code);
        await Assert.ThrowsAsync<StreamEndedException>(async () => await far.ReadAsync(new byte[1], Deadline.Token));
        Assert.Empty(endpoints.Server.Sessions);
    }

    [Fact]
    public async Task A_client_that_comes_back_too_late_gets_a_new_session()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints(time, Grace);
        await using SessionClient client = endpoints.NewClient();
        var replaced = new TaskCompletionSource<Session>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.SessionReplaced += next => replaced.TrySetResult(next);
        Session session = await client.StartAsync(Deadline.Token);
        Session atServer = await endpoints.NewSessions.ReadAsync(Deadline.Token);
        await LoseNetworkAsync(endpoints, session, atServer);
        time.Advance(Grace);
        await atServer.Ended.WaitAsync(Deadline.Token);

        endpoints.IsUnreachable = false;
        client.Probe();

        Session next = await replaced.Task.WaitAsync(Deadline.Token);
        Assert.NotEqual(session.Id, next.Id);
        Assert.Same(next, client.Current);
        (SessionStream near, _) = await OpenAsync(endpoints, next);
        Assert.Null(await near.Opened);
    }

    [Fact]
    public async Task Each_loss_of_the_link_has_the_whole_grace()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints(time, Grace);
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        Session atServer = await endpoints.NewSessions.ReadAsync(Deadline.Token);

        for (int losses = 1; losses <= 3; losses++)
        {
            await LoseNetworkAsync(endpoints, session, atServer);
            time.Advance(Grace - Moment);
            Task resumed = ReachedAsync(session, () => session.Reconnects >= losses && session.State == SessionState.Connected);
            endpoints.IsUnreachable = false;
            client.Probe();
            await resumed.WaitAsync(Deadline.Token);
        }

        Assert.Equal(SessionState.Connected, atServer.State);
        Assert.Same(session, client.Current);
    }

    /// <summary>Both sides have noticed, and dialing fails.</summary>
    private static async Task LoseNetworkAsync(TlsEndpoints endpoints, Session session, Session atServer)
    {
        Task noticed = Task.WhenAll(
            ReachedAsync(session, () => session.State == SessionState.Reconnecting),
            ReachedAsync(atServer, () => atServer.State == SessionState.Reconnecting));
        endpoints.IsUnreachable = true;
        endpoints.CutLinks();
        await noticed.WaitAsync(Deadline.Token);
    }

    private static async Task<(SessionStream Near, SessionStream Far)> OpenAsync(TlsEndpoints endpoints, Session session)
    {
        SessionStream near = session.Open(StreamKind.Tcp, []);
        SessionStream far = await endpoints.Offered.ReadAsync(Deadline.Token);
        far.Accept();
        Assert.Null(await near.Opened.WaitAsync(Deadline.Token));
        return (near, far);
    }

    private static Task ReachedAsync(SessionClient client, SessionState wanted)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StateChanged += (_, state) =>
        {
            if (state == wanted)
            {
                reached.TrySetResult();
            }
        };
        return reached.Task;
    }

    private static Task ReachedAsync(Session session, Func<bool> condition)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.StateChanged += (_, _) =>
        {
            if (condition())
            {
                reached.TrySetResult();
            }
        };
        return reached.Task;
    }
}
