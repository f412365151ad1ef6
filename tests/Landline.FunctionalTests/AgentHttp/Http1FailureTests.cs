using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>Who answers, and what the client sees, when one side is away or goes away.</summary>
public sealed class Http1FailureTests
{
    private const string Matching = "GET /mine HTTP/1.1\r\nX-User: alice\r\n\r\n";
    private const string Post = "POST /mine HTTP/1.1\r\nX-User: alice\r\nContent-Length: 4\r\n\r\nbody";
    private const string Other = "GET /other HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task Without_a_handler_the_original_answers()
    {
        await using var original = LoopbackServer.Named("original");
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync(Matching);
            await client.ReadThroughAsync("original: GET /mine HTTP/1.1");
        }

        Assert.Equal(Matching + Matching + Matching, original.ReceivedByAll);
        Assert.All(router.Routed, routed => Assert.True(routed.FellBack));
    }

    [Fact]
    public async Task Without_a_handler_the_request_is_refused_where_the_attachment_says_so()
    {
        await using var original = LoopbackServer.Named("original");
        await using var router = new RouterHost(original.Port, handlerPort: null, WhenUnavailable.Refuse);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Other + Post);
        await client.ReadThroughAsync("original: GET /other HTTP/1.1");
        string answer = await client.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("Nothing answers for attachment shop/alice.\n", answer, StringComparison.Ordinal);
        Assert.Equal(Other, original.ReceivedByAll);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_fails_before_it_answers_is_replaced_by_the_original(bool reset)
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            if (reset)
            {
                peer.Reset();
            }
        });
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Matching);
        await client.ReadThroughAsync("original: GET /mine HTTP/1.1");
        await client.SendAsync(Matching);
        await client.ReadThroughAsync("original: GET /mine HTTP/1.1");
    }

    [Fact]
    public async Task A_request_whose_body_was_sent_is_not_sent_twice()
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(peer => peer.ReadThroughAsync("body"));
        await using var router = new RouterHost(original.Port, handler.Port, time: new ManualTime());
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Post);

        Assert.StartsWith("HTTP/1.1 502 ", await client.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(0, original.Connections);
    }

    [Fact]
    public async Task A_handlers_idle_timeout_is_not_seen_by_the_client()
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce");
        });
        await using var router = new RouterHost(original.Port, handler.Port, time: new ManualTime());
        using RawPeer client = await router.ConnectAsync();

        for (int i = 0; i < 5; i++)
        {
            await client.SendAsync(Matching);
            await client.ReadThroughAsync("once");
        }

        Assert.Equal(0, original.Connections);
    }

    [Fact]
    public async Task A_handler_that_ends_in_mid_response_leaves_the_client_with_a_response_that_is_cut_off()
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        });
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Matching);

        Assert.EndsWith("\r\n\r\nhalf", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_clients_half_close_reaches_the_target_and_the_answer_the_client()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadToEndAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate");
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Other);
        client.EndWriting();

        Assert.EndsWith("late", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_goes_away_is_gone_for_the_target_too()
    {
        var gone = new TaskCompletionSource();
        var received = new TaskCompletionSource();
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            received.SetResult();
            await Assert.ThrowsAnyAsync<SocketException>(peer.ReadToEndAsync);
            gone.SetResult();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Other);
        await received.Task.WaitAsync(Deadline.Token);
        client.Reset();

        await gone.Task.WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task The_originals_idle_timeout_is_the_clients()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Other);

        Assert.EndsWith("done", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_originals_reset_and_its_refusal_reset_the_client()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            peer.Reset();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();
        await client.SendAsync(Other);
        SocketException reset = await Assert.ThrowsAnyAsync<SocketException>(client.ReadToEndAsync);

        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // Of this test, and nobody listens.
        await using var unreachable = new RouterHost(((IPEndPoint)nobody.LocalEndPoint!).Port, handlerPort: null);
        using RawPeer second = await unreachable.ConnectAsync();
        await second.SendAsync(Other);
        SocketException refused = await Assert.ThrowsAnyAsync<SocketException>(second.ReadToEndAsync);

        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
        Assert.Equal(SocketError.ConnectionReset, refused.SocketErrorCode);
    }

    [Fact]
    public async Task An_early_answer_reaches_a_client_that_is_still_sending()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno!");
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + new string('x', 10_000));
        await client.ReadThroughAsync("no!");
    }
}
