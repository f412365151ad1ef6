using System.Security.Cryptography;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>Sessions over real TCP and TLS, whose links break.</summary>
public sealed class SessionResumeTests
{
    [Fact]
    public async Task A_transfer_survives_broken_links_byte_for_byte()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        (SessionStream near, SessionStream far) = await OpenAsync(endpoints, session);
        byte[] there = RandomNumberGenerator.GetBytes(30_000_001);
        byte[] back = RandomNumberGenerator.GetBytes(10_000_003);

        Task writing = Task.WhenAll(WriteAllAsync(near, there), WriteAllAsync(far, back));
        Task<byte[]> readThere = far.ReadBytesToEndAsync();
        Task<byte[]> readBack = near.ReadBytesToEndAsync();
        for (int cuts = 0; cuts < 5; cuts++)
        {
            int reconnects = session.Reconnects;
            endpoints.CutLinks();
            await WaitUntilAsync(session, () => session.Reconnects > reconnects);
        }

        await writing;
        Assert.Equal(there, await readThere);
        Assert.Equal(back, await readBack);
        Assert.True(session.Reconnects >= 5);
        Assert.Same(session, client.Current);
    }

    [Fact]
    public async Task A_server_that_does_not_know_the_session_ends_its_streams_and_gives_a_new_session()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        var replaced = new TaskCompletionSource<Session>(TaskCreationOptions.RunContinuationsAsynchronously);
        client.SessionReplaced += next => replaced.TrySetResult(next);
        (SessionStream near, _) = await OpenAsync(endpoints, session);

        await endpoints.RestartServerAsync();

        Session next = await replaced.Task.WaitAsync(Deadline.Token);
        Assert.NotEqual(session.Id, next.Id);
        Assert.Equal(SessionState.Ended, session.State);
        Assert.Equal(StreamEndCode.SessionLost, (await near.Completion.WaitAsync(Deadline.Token))?.Code);
        Assert.Same(next, client.Current);
        (SessionStream again, _) = await OpenAsync(endpoints, next);
        Assert.Null(await again.Opened);
    }

    [Fact]
    public async Task A_session_cannot_be_resumed_with_another_certificate()
    {
        await using var endpoints = new TlsEndpoints { Authorize = static _ => Task.FromResult<object?>("anybody") };
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);

        using var thief = PinnedTls.CreateCertificate(TimeProvider.System);
        System.Net.Sockets.Socket socket = await endpoints.DialRawAsync();
        await using Stream tls = await PinnedTls.ClientAsync(
            TcpLink.Prepare(socket), thief, PinnedTls.FingerprintOf(endpoints.ServerCertificate), Deadline.Token);
        await tls.WriteAsync(HelloCodec.Write(new ClientHello(session.Id, 0, ReadOnlyMemory<byte>.Empty)), Deadline.Token);
        await tls.FlushAsync(Deadline.Token);

        ServerHello answer = await HelloCodec.ReadServerAsync(tls, Deadline.Token);
        Assert.Equal(HelloStatus.Unknown, answer.Status);
        Assert.Equal(SessionState.Connected, session.State);
        Assert.Equal(0, session.Reconnects);
    }

    [Fact]
    public async Task A_new_link_replaces_the_old_one_at_once()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        Session atServer = await endpoints.NewSessions.ReadAsync(Deadline.Token);

        System.Net.Sockets.Socket socket = await endpoints.DialRawAsync();
        await using Stream tls = await PinnedTls.ClientAsync(
            TcpLink.Prepare(socket), endpoints.ClientCertificate, PinnedTls.FingerprintOf(endpoints.ServerCertificate), Deadline.Token);
        await tls.WriteAsync(HelloCodec.Write(new ClientHello(session.Id, session.Core.Received, ReadOnlyMemory<byte>.Empty)), Deadline.Token);
        await tls.FlushAsync(Deadline.Token);

        Assert.Equal(HelloStatus.Resumed, (await HelloCodec.ReadServerAsync(tls, Deadline.Token)).Status);
        await WaitUntilAsync(session, () => session.Reconnects >= 1); // Its own link was closed; it takes the session back.
        Assert.Equal(SessionState.Connected, atServer.State);
        Assert.True(atServer.Reconnects >= 2);
    }

    [Fact]
    public async Task Ending_a_session_tells_the_peer_why()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        Session atServer = await endpoints.NewSessions.ReadAsync(Deadline.Token);

        await atServer.EndAsync(new StreamEnd(StreamEndCode.NotAllowed, "revoked"));

        StreamEnd end = await session.Ended.WaitAsync(Deadline.Token);
        Assert.Equal(StreamEndCode.NotAllowed, end.Code);
        Assert.Contains("revoked", end.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_the_client_ends_the_session_at_the_server_at_once()
    {
        await using var endpoints = new TlsEndpoints();
        SessionClient client = endpoints.NewClient();
        await client.StartAsync(Deadline.Token);
        Session atServer = await endpoints.NewSessions.ReadAsync(Deadline.Token);

        await client.DisposeAsync();

        Assert.Equal(StreamEndCode.Canceled, (await atServer.Ended.WaitAsync(Deadline.Token)).Code);
        Assert.Empty(endpoints.Server.Sessions);
        Assert.Equal(SessionState.Ended, client.State);
    }

    private static async Task<(SessionStream Near, SessionStream Far)> OpenAsync(TlsEndpoints endpoints, Session session)
    {
        SessionStream near = session.Open(StreamKind.Tcp, []);
        SessionStream far = await endpoints.Offered.ReadAsync(Deadline.Token);
        far.Accept();
        Assert.Null(await near.Opened.WaitAsync(Deadline.Token));
        return (near, far);
    }

    private static async Task WriteAllAsync(SessionStream stream, byte[] bytes)
    {
        await stream.WriteAsync(bytes, Deadline.Token);
        stream.EndWriting();
    }

    private static async Task WaitUntilAsync(Session session, Func<bool> condition)
    {
        var changed = new SemaphoreSlim(0);
        session.StateChanged += OnChanged;
        while (!condition())
        {
            await changed.WaitAsync(Deadline.Token);
        }

        session.StateChanged -= OnChanged;

        void OnChanged(Session _, SessionState __) => changed.Release();
    }
}
