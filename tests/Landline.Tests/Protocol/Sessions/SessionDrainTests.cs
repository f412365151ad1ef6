using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>A server that is about to stop, over real TCP and TLS.</summary>
public sealed class SessionDrainTests
{
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task After_GoAway_open_streams_go_on_both_ways_and_new_ones_are_refused()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        (SessionStream near, SessionStream far) = await OpenAsync(endpoints, session);
        Session atServer = far.Session;

        atServer.GoAway();
        await far.WriteAsync("still "u8.ToArray(), Deadline.Token);
        Assert.Equal(6, await near.ReadAsync(new byte[6], Deadline.Token)); // GOAWAY came before it.

        SessionStream late = session.Open(StreamKind.Tcp, []);
        Assert.Equal(StreamEndCode.Draining, (await late.Opened.WaitAsync(Deadline.Token))?.Code);
        Assert.Equal(StreamEndCode.Draining, (await late.Completion.WaitAsync(Deadline.Token))?.Code);
        await near.WriteAsync("there"u8.ToArray(), Deadline.Token);
        near.EndWriting();
        await far.WriteAsync("here"u8.ToArray(), Deadline.Token);
        far.EndWriting();
        Assert.Equal("there", await far.ReadToEndAsync());
        Assert.Equal("here", await near.ReadToEndAsync());
        Assert.False(endpoints.Offered.TryRead(out _));
        Assert.Equal(SessionState.Connected, session.State);
    }

    [Fact]
    public async Task GoAway_does_not_keep_the_side_that_sent_it_from_opening()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient(acceptor: static (_, stream) => stream.Accept());
        await client.StartAsync(Deadline.Token);
        Session atServer = await endpoints.NewSessions.ReadAsync(Deadline.Token);

        atServer.GoAway();
        SessionStream inbound = atServer.Open(StreamKind.Inbound, []);

        Assert.Null(await inbound.Opened.WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task A_client_whose_server_stops_knows_that_as_the_reason()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        var reason = new TaskCompletionSource<Exception?>();
        client.StateChanged += (changed, state) =>
        {
            if (state == SessionState.Reconnecting)
            {
                reason.TrySetResult(changed.LastLinkError);
            }
        };
        await client.StartAsync(Deadline.Token);
        await endpoints.NewSessions.ReadAsync(Deadline.Token);

        await endpoints.ReplaceServerAsync();

        Assert.Equal("The peer ended the session: The server stopped.", (await reason.Task.WaitAsync(Deadline.Token))?.Message);
    }

    [Fact]
    public async Task GoAway_counts_on_the_next_link_too()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        (SessionStream near, SessionStream far) = await OpenAsync(endpoints, session);

        endpoints.MuteLinks(); // GOAWAY is lost with the link and sent again on the next one.
        far.Session.GoAway();
        endpoints.CutLinks();
        await far.WriteAsync("x"u8.ToArray(), Deadline.Token);

        Assert.Equal(1, await near.ReadAsync(new byte[1], Deadline.Token));
        Assert.Equal(1, session.Reconnects);
        Assert.Equal(StreamEndCode.Draining, (await session.Open(StreamKind.Tcp, []).Opened.WaitAsync(Deadline.Token))?.Code);
    }

    [Fact]
    public async Task A_drain_is_over_as_soon_as_nobodys_connection_is_open()
    {
        await using var endpoints = new TlsEndpoints(new ManualTime());
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        (SessionStream near, SessionStream far) = await OpenAsync(endpoints, session);
        (SessionStream control, _) = await OpenAsync(endpoints, session, StreamKind.Control);

        Task draining = endpoints.Server.DrainAsync(DrainTime, Deadline.Token);
        Assert.False(draining.IsCompleted);
        near.EndWriting();
        far.EndWriting();

        await draining.WaitAsync(Deadline.Token);
        Assert.False(control.Completion.IsCompleted); // It is nobody's connection, and waits for the session's end.
    }

    [Fact]
    public async Task A_drain_waits_no_longer_than_its_deadline()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints(time);
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        (SessionStream near, _) = await OpenAsync(endpoints, session);

        Task draining = endpoints.Server.DrainAsync(DrainTime, Deadline.Token);
        await time.AdvanceToTimerAsync(DrainTime, Deadline.Token);

        await draining.WaitAsync(Deadline.Token);
        Assert.False(near.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_drain_tells_every_session_before_it_waits_for_one()
    {
        await using var endpoints = new TlsEndpoints(new ManualTime());
        await using SessionClient first = endpoints.NewClient();
        await using SessionClient second = endpoints.NewClient();
        (SessionStream Near, SessionStream Far)[] streams =
        [
            await OpenAsync(endpoints, await first.StartAsync(Deadline.Token)),
            await OpenAsync(endpoints, await second.StartAsync(Deadline.Token)),
        ];

        Task draining = endpoints.Server.DrainAsync(DrainTime, Deadline.Token);

        foreach ((SessionStream near, SessionStream far) in streams)
        {
            await far.WriteAsync("x"u8.ToArray(), Deadline.Token);
            Assert.Equal(1, await near.ReadAsync(new byte[1], Deadline.Token)); // GOAWAY came before it.
            SessionStream late = near.Session.Open(StreamKind.Tcp, []);
            Assert.True(late.Completion.IsCompleted);
        }

        Assert.False(draining.IsCompleted);
    }

    [Fact]
    public async Task A_server_that_drains_lets_nobody_in()
    {
        await using var endpoints = new TlsEndpoints();
        await endpoints.Server.DrainAsync(DrainTime, Deadline.Token);
        await using SessionClient client = endpoints.NewClient();

        await Assert.ThrowsAnyAsync<Exception>(() => client.StartAsync(Deadline.Token));

        Assert.False(endpoints.NewSessions.TryRead(out _));
    }

    [Fact]
    public async Task When_a_drained_server_has_stopped_the_client_has_a_new_session_with_its_successor()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        var replaced = new TaskCompletionSource<Session>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.SessionReplaced += next => replaced.TrySetResult(next);
        (SessionStream near, SessionStream far) = await OpenAsync(endpoints, session);
        far.Session.GoAway();
        await far.WriteAsync("x"u8.ToArray(), Deadline.Token);
        Assert.Equal(1, await near.ReadAsync(new byte[1], Deadline.Token));
        Assert.Same(session, client.Current); // As long as the old one serves what is open.

        await endpoints.RestartServerAsync();

        Session next = await replaced.Task.WaitAsync(Deadline.Token);
        Assert.Equal(StreamEndCode.SessionLost, (await near.Completion.WaitAsync(Deadline.Token))?.Code);
        (SessionStream again, _) = await OpenAsync(endpoints, next);
        Assert.Null(await again.Opened);
    }

    private static async Task<(SessionStream Near, SessionStream Far)> OpenAsync(
        TlsEndpoints endpoints, Session session, StreamKind kind = StreamKind.Tcp)
    {
        SessionStream near = session.Open(kind, []);
        SessionStream far = await endpoints.Offered.ReadAsync(Deadline.Token);
        far.Accept();
        Assert.Null(await near.Opened.WaitAsync(Deadline.Token));
        return (near, far);
    }
}
