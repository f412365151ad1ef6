using Landline.Cluster.Agent.Http;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>What goes where over HTTP/1, and that it arrives as it was sent.</summary>
public sealed class Http1RoutingTests
{
    private const string Matching = "GET /mine HTTP/1.1\r\nHost: shop\r\nX-User: alice\r\n\r\n";
    private const string Other = "GET /other HTTP/1.1\r\nHost: shop\r\n\r\n";

    [Fact]
    public async Task Each_request_of_a_connection_goes_where_its_own_head_says()
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync(Other);
            await client.ReadThroughAsync("original: GET /other HTTP/1.1");
            await client.SendAsync(Matching);
            await client.ReadThroughAsync("handler: GET /mine HTTP/1.1");
        }

        Assert.Equal(1, original.Connections);
        Assert.Equal(1, handler.Connections);
        Assert.Equal(new RoutedRequest("GET", "/mine", "shop/alice", 200, FellBack: false), router.Routed.ElementAt(1));
    }

    [Fact]
    public async Task An_unmatched_request_and_its_response_are_unchanged_to_the_byte()
    {
        string request = "GET /a%20b?x=1&y HTTP/1.1\r\nhOsT:shop\r\nX-Odd:\t two  spaces \r\nCookie: a=1\r\naccept: */*\r\nCookie: b=\xe9\r\n\r\n";
        string response = "HTTP/1.1 200  strange reason \r\nsErVer:  x\r\nSet-Cookie: b\r\nContent-Length: 5\r\nSet-Cookie: a\r\n\r\nhello";
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(response);
            await peer.ReadToEndAsync();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(request);

        Assert.Equal(response, await client.ReadThroughAsync("hello"));
        Assert.Equal(request, original.ReceivedByAll);
    }

    [Fact]
    public async Task Bytes_that_come_one_by_one_are_understood_as_well()
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        foreach (char value in Matching + Other)
        {
            await client.SendAsync(value.ToString());
        }

        await client.ReadThroughAsync("handler: GET /mine HTTP/1.1");
        await client.ReadThroughAsync("original: GET /other HTTP/1.1");
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order_whoever_is_faster()
    {
        var release = new TaskCompletionSource();
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(async peer =>
        {
            while (await peer.ReadHeadAsync() is { Length: > 0 })
            {
                await release.Task;
                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
            }
        });
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Other + Matching + Other + Matching + Other);
        await client.ReadThroughAsync("original: GET /other HTTP/1.1");
        release.SetResult();
        string rest = await client.ReadThroughAsync("slow") + await client.ReadThroughAsync("original")
            + await client.ReadThroughAsync("slow") + await client.ReadThroughAsync("original");

        Assert.Equal(4, rest.Split("200 OK").Length - 1);
    }

    [Fact]
    public async Task Chunks_and_trailers_pass_both_ways_unchanged_and_the_next_request_is_found()
    {
        string body = "5;name=\"v\"\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n";
        string post = "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.ReadThroughAsync("X-More: 2\r\n\r\n");
            await peer.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" + body);
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
            await peer.ReadToEndAsync();
        });
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(post + Matching + Other);
        string answers = await client.ReadThroughAsync("204 No Content\r\n\r\n");

        Assert.EndsWith(body + "HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\nhandler: GET /mine HTTP/1.1HTTP/1.1 204 No Content\r\n\r\n", answers, StringComparison.Ordinal);
        Assert.Equal(post + Other, original.ReceivedByAll);
    }

    [Fact]
    public async Task A_body_is_passed_on_while_it_comes()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
            await peer.ReadThroughAsync("one");
            await peer.SendAsync("1st");
            await peer.ReadThroughAsync("two");
            await peer.SendAsync("2nd");
            await peer.ReadToEndAsync();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
        await client.ReadThroughAsync("\r\n\r\n");
        await client.SendAsync("one");
        await client.ReadThroughAsync("1st");
        await client.SendAsync("two");
        await client.ReadThroughAsync("2nd");
    }

    [Fact]
    public async Task Expect_100_continue_is_between_the_client_and_the_target()
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await peer.ReadThroughAsync("body");
            await peer.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
            await peer.ReadToEndAsync();
        });
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync("PUT / HTTP/1.1\r\nX-User: alice\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await client.ReadHeadAsync());
        await client.SendAsync("body");
        Assert.StartsWith("HTTP/1.1 103", await client.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 201", await client.ReadHeadAsync(), StringComparison.Ordinal);
        await client.SendAsync(Other);
        await client.ReadThroughAsync("original: GET /other");
    }

    [Theory]
    [InlineData("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")]
    [InlineData("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 204\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n")]
    public async Task Responses_without_a_body_end_where_they_must(string request, string response)
    {
        await using var original = new LoopbackServer(async peer =>
        {
            while (await peer.ReadThroughAsync(request) is not null)
            {
                await peer.SendAsync(response);
            }
        });
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(request);
            Assert.Equal(response, await client.ReadHeadAsync());
            await client.SendAsync(Matching);
            await client.ReadThroughAsync("handler: GET /mine HTTP/1.1");
        }
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")]
    public async Task A_body_without_a_length_lasts_until_the_server_closes(string head)
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(head + "some");
            await peer.SendAsync(" text");
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Other);

        Assert.Equal(head + "some text", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_connection_follows_the_table_as_it_changes()
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Matching);
        await client.ReadThroughAsync("handler: GET /mine HTTP/1.1");
        router.Filters.Replace([]);
        await client.SendAsync(Matching);
        await client.ReadThroughAsync("original: GET /mine HTTP/1.1");
        router.Filters.Replace([router.Attachment]);
        await client.SendAsync(Matching);
        await client.ReadThroughAsync("handler: GET /mine HTTP/1.1");

        Assert.Equal(2, handler.Connections);
    }

    [Theory]
    [InlineData(true, "X-User: alice\r\nX-Forwarded-For: 10.1.2.3\r\n\r\n")]
    [InlineData(false, "X-User: alice\r\n\r\n")]
    public async Task The_callers_address_is_added_for_a_workstation_that_wants_it(bool wanted, string end)
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = LoopbackServer.Named("handler");
        await using var router = new RouterHost(original.Port, handler.Port, forwardSourceAddress: wanted);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Matching + Other);
        await client.ReadThroughAsync("original: GET /other");

        Assert.EndsWith(end, handler.ReceivedByAll, StringComparison.Ordinal);
        Assert.Equal(Other, original.ReceivedByAll);
    }
}
