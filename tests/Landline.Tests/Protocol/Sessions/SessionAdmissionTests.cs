using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Landline.Protocol.Frames;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>Who gets a session, and what those learn who do not. Over real TCP and TLS.</summary>
public sealed class SessionAdmissionTests
{
    [Fact]
    public async Task A_server_with_another_certificate_than_the_pinned_one_is_told_nothing()
    {
        await using var endpoints = new TlsEndpoints { Authorize = static _ => throw new InvalidOperationException("A hello came.") };
        using X509Certificate2 other = PinnedTls.CreateCertificate(TimeProvider.System);
        await using SessionClient client = endpoints.NewClient(pinned: PinnedTls.FingerprintOf(other));

        await Assert.ThrowsAsync<AuthenticationException>(() => client.StartAsync(Deadline.Token));

        Assert.IsNotType<InvalidOperationException>(await endpoints.LinkFailures.ReadAsync(Deadline.Token));
        Assert.Empty(endpoints.Server.Sessions);
        Assert.Throws<InvalidOperationException>(() => client.Current);
    }

    [Fact]
    public async Task A_session_is_not_resumed_with_a_server_that_has_another_certificate()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient(pinned: PinnedTls.FingerprintOf(endpoints.ServerCertificate));
        Session session = await client.StartAsync(Deadline.Token);
        SessionStream stream = session.Open(StreamKind.Tcp, []);
        await endpoints.NewSessions.ReadAsync(Deadline.Token);
        using X509Certificate2 other = PinnedTls.CreateCertificate(TimeProvider.System);

        await endpoints.RestartServerAsync(other);

        // The cut link's failure and those of two attempts: when the second is made, the client knows of the first.
        for (int failures = 0; failures < 3; failures++)
        {
            await endpoints.LinkFailures.ReadAsync(Deadline.Token);
        }

        Assert.IsType<AuthenticationException>(client.LastLinkError);
        Assert.Equal(SessionState.Reconnecting, client.State);
        Assert.Same(session, client.Current);
        Assert.Null(session.EndReason);
        Assert.False(stream.Completion.IsCompleted);
        Assert.Empty(endpoints.Server.Sessions);
    }

    [Fact]
    public async Task An_unknown_client_gets_no_byte_and_what_it_sends_is_not_looked_at()
    {
        await using var endpoints = new TlsEndpoints();
        using X509Certificate2 unknown = PinnedTls.CreateCertificate(TimeProvider.System);
        await using Stream tls = await DialAsync(endpoints, unknown);

        await tls.WriteAsync((byte[])[.. Hello(Guid.Empty), .. OpenFrame()], Deadline.Token);
        await tls.FlushAsync(Deadline.Token);

        Assert.Equal(0, await ReadAsync(tls));
        Exception failure = await endpoints.LinkFailures.ReadAsync(Deadline.Token);
        Assert.Contains(PinnedTls.FingerprintOf(unknown), Assert.IsType<AuthenticationException>(failure).Message, StringComparison.Ordinal);
        AssertNothingBegan(endpoints);
    }

    [Fact]
    public async Task Whoever_is_unknown_gets_no_byte_for_the_number_of_somebody_elses_session()
    {
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        Session session = await client.StartAsync(Deadline.Token);
        using X509Certificate2 unknown = PinnedTls.CreateCertificate(TimeProvider.System);
        await using Stream tls = await DialAsync(endpoints, unknown);

        await tls.WriteAsync((byte[])[.. Hello(session.Id), .. OpenFrame()], Deadline.Token);
        await tls.FlushAsync(Deadline.Token);

        Assert.Equal(0, await ReadAsync(tls));
        Assert.IsType<AuthenticationException>(await endpoints.LinkFailures.ReadAsync(Deadline.Token));
        Assert.Equal(SessionState.Connected, session.State);
        Assert.Equal(0, session.Reconnects);
        Assert.False(endpoints.Offered.TryRead(out _));
    }

    [Fact]
    public async Task A_client_that_is_not_known_is_told_so_by_its_own_side()
    {
        await using var endpoints = new TlsEndpoints();
        using X509Certificate2 unknown = PinnedTls.CreateCertificate(TimeProvider.System);
        await using SessionClient client = endpoints.NewClient(unknown);

        IOException error = await Assert.ThrowsAsync<IOException>(() => client.StartAsync(Deadline.Token));

        Assert.Contains("does not know this client", error.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => client.Current);
        AssertNothingBegan(endpoints);
    }

    [Fact]
    public async Task The_right_hello_does_not_let_in_another_key()
    {
        ClientIdentity? asked = null;
        await using var endpoints = new TlsEndpoints();
        string right = PinnedTls.FingerprintOf(endpoints.ClientCertificate);
        endpoints.Authorize = identity =>
        {
            asked = identity;
            return Task.FromResult<object?>(identity.Fingerprint == right ? "known" : null);
        };
        using X509Certificate2 wrong = PinnedTls.CreateCertificate(TimeProvider.System);
        await using SessionClient stranger = endpoints.NewClient(wrong);
        await using SessionClient owner = endpoints.NewClient();

        await Assert.ThrowsAsync<IOException>(() => stranger.StartAsync(Deadline.Token));

        Assert.Equal(PinnedTls.FingerprintOf(wrong), asked!.Fingerprint);
        Assert.Equal(stranger.Options.Hello().ToArray(), asked.HelloJson.ToArray());
        AssertNothingBegan(endpoints);
        Assert.Equal(SessionState.Connected, (await owner.StartAsync(Deadline.Token)).State);
        Assert.Equal(right, asked.Fingerprint);
    }

    [Fact]
    public async Task A_known_client_that_is_refused_is_told_why_and_gets_no_session()
    {
        await using var endpoints = new TlsEndpoints { Authorize = static _ => throw new SessionRefusedException("too many of you") };
        await using SessionClient client = endpoints.NewClient();

        SessionRefusedException refusal = await Assert.ThrowsAsync<SessionRefusedException>(() => client.StartAsync(Deadline.Token));

        Assert.Equal("too many of you", refusal.Message);
        Assert.Throws<InvalidOperationException>(() => client.Current);
        AssertNothingBegan(endpoints);
    }

    [Fact]
    public async Task An_authorization_that_fails_lets_nobody_in()
    {
        await using var endpoints = new TlsEndpoints { Authorize = static _ => throw new TimeoutException("Nobody answered.") };
        await using SessionClient client = endpoints.NewClient();

        await Assert.ThrowsAsync<IOException>(() => client.StartAsync(Deadline.Token));

        Assert.IsType<TimeoutException>(await endpoints.LinkFailures.ReadAsync(Deadline.Token));
        AssertNothingBegan(endpoints);
    }

    [Fact]
    public async Task An_address_that_is_silent_on_all_the_links_there_may_be_keeps_nobody_else_out()
    {
        await using var endpoints = new TlsEndpoints { ClientAddress = IPAddress.Parse("127.0.0.2") };
        Socket[] silent = await Task.WhenAll(Enumerable.Range(0, endpoints.Server.Options.ConcurrentHandshakes).Select(_ => endpoints.DialRawAsync()));
        await using SessionClient client = endpoints.NewClient();

        Assert.Equal(SessionState.Connected, (await client.StartAsync(Deadline.Token)).State);

        Array.ForEach(silent, static socket => socket.Dispose());
    }

    private static void AssertNothingBegan(TlsEndpoints endpoints)
    {
        Assert.Empty(endpoints.Server.Sessions);
        Assert.False(endpoints.NewSessions.TryRead(out _));
        Assert.False(endpoints.Offered.TryRead(out _));
    }

    private static async Task<Stream> DialAsync(TlsEndpoints endpoints, X509Certificate2 certificate) => await PinnedTls.ClientAsync(
        TcpLink.Prepare(await endpoints.DialRawAsync()),
        certificate,
        PinnedTls.FingerprintOf(endpoints.ServerCertificate),
        Deadline.Token);

    private static byte[] Hello(Guid session) => HelloCodec.Write(new ClientHello(session, 0, ReadOnlyMemory<byte>.Empty));

    private static byte[] OpenFrame()
    {
        var frame = new byte[FrameCodec.LongestFrame];
        int length = FrameCodec.WriteOpen(frame.AsSpan(FrameCodec.HeaderBytes), StreamKind.Tcp, 1024, []);
        FrameCodec.WriteHeader(frame, FrameKind.Open, length, 1);
        return frame[..(FrameCodec.HeaderBytes + length)];
    }

    /// <summary>How many bytes come; a reset, because the server left some of ours unread, is as good as an end.</summary>
    private static async Task<int> ReadAsync(Stream link)
    {
        try
        {
            return await link.ReadAsync(new byte[1024], Deadline.Token);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
