namespace Landline.FunctionalTests.AgentHttp;

/// <summary>What is not HTTP, no longer HTTP, or not understood without doubt, goes through as bytes.</summary>
public sealed class Http1TunnelTests
{
    private const string Other = "GET /other HTTP/1.1\r\nHost: shop\r\n\r\n";

    /// <summary>Each would let two parsers see different requests; the second half is what an attacker wants to be one.</summary>
    public static TheoryData<string> Ambiguous => new(
        "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nContent-Length: +4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nContent-Length: 4, 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nContent-Length: 0x4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length : 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\n X: a\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nX: a\rContent-Length: 5\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\n: no name\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.2\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET /\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \n\r\n\r\n",
        "*1\r\n$4\r\nPING\r\n",
        "PING\r\n",
        "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003\u0003 a TLS ClientHello",
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");

    [Theory]
    [MemberData(nameof(Ambiguous))]
    public async Task What_could_be_read_in_two_ways_goes_to_the_original_as_bytes_with_all_that_follows(string bytes)
    {
        string smuggled = "GET /admin HTTP/1.1\r\nX-User: alice\r\n\r\n";
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadThroughAsync(smuggled);
            await peer.SendAsync("what the original says");
        });
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(bytes + smuggled);

        Assert.Equal("what the original says", await client.ReadToEndAsync());
        Assert.Equal(bytes + smuggled, original.ReceivedByAll);
        Assert.Equal(0, handler.Connections);
    }

    [Fact]
    public async Task A_request_that_is_not_understood_waits_for_the_responses_before_it()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadThroughAsync("\n\n");
            await peer.SendAsync("raw");
        });
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nX-User: alice\r\n\r\nGET / HTTP/1.1\nA: b\n\n");

        Assert.EndsWith("handler: GET / HTTP/1.1raw", await client.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_that_is_too_long_goes_to_the_original()
    {
        string head = "GET / HTTP/1.1\r\nX-User: alice\r\nX: " + new string('x', 70_000) + "\r\n\r\n";
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 431 Too Large\r\nContent-Length: 0\r\n\r\n");
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(head);

        Assert.StartsWith("HTTP/1.1 431", await client.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(head, original.ReceivedByAll);
    }

    [Fact]
    public async Task A_server_that_speaks_first_is_heard()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.SendAsync("220 mail ready\r\n");
            await peer.ReadThroughAsync("EHLO me\r\n");
            await peer.SendAsync("250 ok\r\n");
            await peer.ReadToEndAsync();
            await peer.SendAsync("bye");
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.ReadThroughAsync("220 mail ready\r\n");
        await client.SendAsync("EHLO me\r\n");
        await client.ReadThroughAsync("250 ok\r\n");
        client.EndWriting();

        Assert.Equal("bye", await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData("GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n", "HTTP/1.1 200 OK\r\n\r\n")]
    public async Task After_an_upgrade_bytes_go_both_ways_until_both_ends_are_done(string request, string accepted)
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(accepted + "hello");
            await peer.ReadThroughAsync("GET /not-a-request HTTP/1.1\r\n\r\n");
            await peer.SendAsync("HTTP/1.1 not a response");
            await peer.ReadToEndAsync();
            await peer.SendAsync("the end");
        });
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Other + request + "X-User: alice\r\n\r\n");
        await client.ReadThroughAsync(accepted + "hello");
        await client.SendAsync("GET /not-a-request HTTP/1.1\r\n\r\n");
        await client.ReadThroughAsync("HTTP/1.1 not a response");
        client.EndWriting();

        Assert.Equal("the end", await client.ReadToEndAsync());
        Assert.Equal(Other, original.ReceivedByAll);
    }

    [Fact]
    public async Task After_a_refused_upgrade_requests_are_routed_on()
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync("GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-User: alice\r\n\r\n" + Other);

        await client.ReadThroughAsync("handler: GET /chat");
        await client.ReadThroughAsync("original: GET /other");
    }

    [Fact]
    public async Task An_upgrade_to_http2_is_not_offered_so_that_requests_can_still_be_told_apart()
    {
        await using var original = LoopbackServer.Named("original");
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nAccept: */*\r\n\r\n");
        await client.ReadThroughAsync("original: GET / HTTP/1.1");

        Assert.Equal("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nAccept: */*\r\n\r\n", original.ReceivedByAll);
    }

    [Fact]
    public async Task A_response_that_is_not_understood_gives_the_connection_to_client_and_original()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n?");
            await peer.ReadThroughAsync("alice\r\n\r\n");
            await peer.SendAsync("!");
        });
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Other);
        await client.ReadThroughAsync("?");
        await client.SendAsync("GET / HTTP/1.1\r\nX-User: alice\r\n\r\n");

        Assert.Equal("!", await client.ReadToEndAsync());
        Assert.Equal(0, handler.Connections);
    }

    [Fact]
    public async Task A_handlers_response_that_is_not_understood_ends_the_connection_and_no_request_follows_to_it()
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
            peer.EndWriting();
            await peer.ReadToEndAsync();
        });
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nX-User: alice\r\n\r\n" + Other);

        Assert.EndsWith("ab", await client.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("/other", handler.ReceivedByAll, StringComparison.Ordinal);
    }
}
