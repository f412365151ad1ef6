using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>
/// Handlers that accept and end the connection: a proxy of a container, or of ssh, that accepts for a process which is
/// not there. The caller gets an answer every time, whichever of its request and the handler's end comes first.
/// </summary>
public sealed class ClosingHandlerTests
{
    private const string Get = "GET /mine HTTP/1.1\r\nX-User: alice\r\n\r\n";
    private const string Post = "POST /mine HTTP/1.1\r\nX-User: alice\r\nContent-Length: 4\r\n\r\nbody";

    public static TheoryData<string, WhenUnavailable> Requests => new()
    {
        { Get, WhenUnavailable.Fallback },
        { Post, WhenUnavailable.Fallback },
        { Get, WhenUnavailable.Refuse },
        { Post, WhenUnavailable.Refuse },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_handler_that_has_ended_before_the_request_is_sent_counts_as_not_there(string request, WhenUnavailable whenUnavailable)
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(static _ => Task.CompletedTask);
        await using var router = new RouterHost(original.Port, handler.Port, whenUnavailable, time: new ManualTime()) { Wrap = EndedStream.Instead };
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(request);

        if (whenUnavailable == WhenUnavailable.Fallback)
        {
            await client.ReadThroughAsync("original: " + request.Split("\r\n")[0]);
            Assert.True(Assert.Single(router.Routed).FellBack);
        }
        else
        {
            Assert.StartsWith("HTTP/1.1 503 ", await client.ReadToEndAsync(), StringComparison.Ordinal);
            Assert.Equal(0, original.Connections);
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task No_caller_waits_for_a_handler_that_closes_what_it_accepts(string request, WhenUnavailable whenUnavailable)
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(static _ => Task.CompletedTask);
        await using var router = new RouterHost(original.Port, handler.Port, whenUnavailable);
        for (int i = 0; i < 50; i++)
        {
            using RawPeer client = await router.ConnectAsync();
            await client.SendAsync(request);
            client.EndWriting();

            string answer = await client.ReadToEndAsync();

            // Whoever was sent a body may have acted on it.
            string status = answer.Split(' ', 3)[1];
            Assert.Contains(status, whenUnavailable == WhenUnavailable.Refuse ? ["502", "503"] : request == Get ? ["200"] : (string[])["200", "502"]);
        }
    }

    [Fact]
    public async Task The_original_answers_when_the_second_connection_to_a_handler_ends_like_the_first()
    {
        int connections = 0;
        await using var original = LoopbackServer.Named("original");
        await using var handler = new LoopbackServer(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce");
            await peer.ReadHeadAsync();
        });
        await using var router = new RouterHost(original.Port, handler.Port)
        {
            Wrap = connection => Interlocked.Increment(ref connections) == 1 ? connection : EndedStream.Instead(connection),
        };
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Get);
        await client.ReadThroughAsync("once");
        await client.SendAsync(Get);
        await client.ReadThroughAsync("original: GET /mine HTTP/1.1");

        Assert.Equal(2, connections);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nX-User: alice\r\nConnection: close\r\n\r\n")]
    [InlineData("GET / HTTP/1.0\r\nX-User: alice\r\n\r\n")]
    public async Task A_client_that_wants_the_end_of_its_connection_gets_it_behind_the_handlers_answer(string request)
    {
        await using var original = LoopbackServer.Named("original");
        await using var handler = LoopbackServer.Named("handler"); // Keeps its connections open.
        await using var router = new RouterHost(original.Port, handler.Port);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(request);

        Assert.EndsWith("handler: " + request.Split("\r\n")[0], await client.ReadToEndAsync(), StringComparison.Ordinal);
    }
}
