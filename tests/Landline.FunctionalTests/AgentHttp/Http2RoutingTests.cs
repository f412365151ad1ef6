using System.Net;
using System.Security.Cryptography;
using System.Text;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>HTTP/2 with prior knowledge between .NET's client and Kestrel, with the agent's filter between them.</summary>
public sealed class Http2RoutingTests : IAsyncLifetime
{
    private KestrelServer _original = null!;
    private KestrelServer _handler = null!;
    private RouterHost _router = null!;
    private HttpClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _original = await KestrelServer.StartAsync("original", HttpProtocols.Http2);
        _handler = await KestrelServer.StartAsync("handler", HttpProtocols.Http2);
        _router = new RouterHost(_original.Port, _handler.Port);
        _client = Client(_router);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _router.DisposeAsync();
        await _handler.DisposeAsync();
        await _original.DisposeAsync();
    }

    [Fact]
    public async Task Streams_of_one_connection_go_where_their_headers_say()
    {
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => GetAsync("/who", mine: i % 2 == 0)));

        Assert.All(answers.Where((_, i) => i % 2 == 0), answer => Assert.Equal("handler GET HTTP/2", answer));
        Assert.All(answers.Where((_, i) => i % 2 == 1), answer => Assert.Equal("original GET HTTP/2", answer));
        Assert.Contains(new Landline.Cluster.Agent.Http.RoutedRequest("GET", "/who", "shop/alice", 200, false), _router.Routed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_streams_both_ways_gets_each_answer_at_once_and_the_trailers(bool mine)
    {
        string name = mine ? "handler" : "original";
        using var content = new StreamedContent();
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, "/echo", mine, content);
        await using Stream answers = await response.Content.ReadAsStreamAsync(Deadline.Token);

        for (int i = 0; i < 20; i++)
        {
            await content.SendAsync(Encoding.UTF8.GetBytes($"message {i};"));
            byte[] answer = new byte[$"{name}:message {i};".Length];
            await answers.ReadExactlyAsync(answer, Deadline.Token);
            Assert.Equal($"{name}:message {i};", Encoding.UTF8.GetString(answer));
        }

        content.End();
        Assert.Equal(0, await answers.ReadAsync(new byte[1], Deadline.Token));
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal(name, response.TrailingHeaders.GetValues("x-server").Single());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Large_bodies_arrive_whole_both_ways(bool mine)
    {
        byte[] body = RandomNumberGenerator.GetBytes(20_000_000);
        using HttpResponseMessage hashed = await SendAsync(HttpMethod.Post, "/hash", mine, new ByteArrayContent(body));
        Assert.Equal(Convert.ToHexString(SHA256.HashData(body)), await hashed.Content.ReadAsStringAsync(Deadline.Token));

        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, "/bytes/20000000", mine, null);
        byte[] received = await response.Content.ReadAsByteArrayAsync(Deadline.Token);
        Assert.Equal(20_000_000, received.Length);
        Assert.All(Enumerable.Range(0, 300), i => Assert.Equal((byte)i, received[i * 65536]));
    }

    [Fact]
    public async Task Streams_that_nobody_reads_hold_up_no_other()
    {
        var stalled = new List<HttpResponseMessage>();
        for (int i = 0; i < 8; i++)
        {
            stalled.Add(await SendAsync(HttpMethod.Get, "/bytes/20000000", mine: i % 2 == 0, null));
        }

        Assert.Equal("original GET HTTP/2", await GetAsync("/who", mine: false));
        Assert.Equal("handler GET HTTP/2", await GetAsync("/who", mine: true));
        stalled.ForEach(response => response.Dispose());
        Assert.Equal("original GET HTTP/2", await GetAsync("/who", mine: false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_the_client_gives_up_is_aborted_at_its_target(bool mine)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, "/wait", mine, null);

        response.Dispose();

        await (mine ? _handler : _original).Aborted.Task.WaitAsync(Deadline.Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_the_target_resets_is_reset_for_the_client_alone(bool mine)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, "/abort", mine, null);

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync(Deadline.Token));
        Assert.Equal("original GET HTTP/2", await GetAsync("/who", mine: false));
    }

    [Fact]
    public async Task Long_headers_are_continued_and_no_field_is_added()
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, "/headers", mine: false, content: null);
        for (int i = 0; i < 20; i++)
        {
            request.Headers.Add($"x-long-{i}", new string((char)('a' + i), 1400));
        }

        using HttpResponseMessage response = await _client.SendAsync(request, Deadline.Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string[] fields = (await response.Content.ReadAsStringAsync(Deadline.Token)).Split('\n');

        Assert.Equal(21, fields.Length);
        Assert.Equal("x-long-19=" + new string('t', 1400), fields[^1]);
        Assert.Equal($"Host=127.0.0.1:{_router.Port}", fields[0]);
    }

    [Fact]
    public async Task Without_a_handler_the_original_answers_calls_with_bodies_too()
    {
        _router.HandlerPort = null;
        using var content = new StreamedContent();

        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, "/echo", mine: true, content);
        await content.SendAsync("one"u8.ToArray());
        content.End();

        Assert.Equal("original:one", await response.Content.ReadAsStringAsync(Deadline.Token));
        Assert.Equal("original GET HTTP/2", await GetAsync("/who", mine: true));
    }

    [Fact]
    public async Task Without_a_handler_a_request_is_refused_where_the_attachment_says_so()
    {
        await using var router = new RouterHost(_original.Port, handlerPort: null, WhenUnavailable.Refuse);
        using HttpClient client = Client(router);
        using HttpRequestMessage request = Request(HttpMethod.Get, "/who", mine: true, content: null);

        using HttpResponseMessage response = await client.SendAsync(request, Deadline.Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task When_the_handler_dies_a_call_under_way_is_reset_and_the_next_is_answered_by_the_original()
    {
        using HttpResponseMessage waiting = await SendAsync(HttpMethod.Get, "/wait", mine: true, null);

        _router.HandlerPort = null;
        await _handler.DisposeAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => waiting.Content.ReadAsStringAsync(Deadline.Token));
        Assert.Equal("original GET HTTP/2", await GetAsync("/who", mine: true));
    }

    [Fact]
    public async Task A_connection_follows_the_table_as_it_changes()
    {
        Assert.Equal("handler GET HTTP/2", await GetAsync("/who", mine: true));
        _router.Filters.Replace([]);
        Assert.Equal("original GET HTTP/2", await GetAsync("/who", mine: true));
        _router.Filters.Replace([_router.Attachment]);
        Assert.Equal("handler GET HTTP/2", await GetAsync("/who", mine: true));
    }

    [Fact]
    public async Task When_the_original_shuts_down_the_client_connects_anew()
    {
        Assert.Equal("original GET HTTP/2", await GetAsync("/who", mine: false));
        int port = _router.Port;

        await _original.DisposeAsync();

        Assert.NotEqual(0, port);
        Assert.Equal("handler GET HTTP/2", await GetAsync("/who", mine: true));
    }

    private static HttpClient Client(RouterHost router) =>
        new(new SocketsHttpHandler { EnableMultipleHttp2Connections = false, UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{router.Port}"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(20),
        };

    private async Task<string> GetAsync(string path, bool mine)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, path, mine, null);
        return await response.Content.ReadAsStringAsync(Deadline.Token);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, bool mine, HttpContent? content) =>
        _client.SendAsync(Request(method, path, mine, content), HttpCompletionOption.ResponseHeadersRead, Deadline.Token);

    private static HttpRequestMessage Request(HttpMethod method, string path, bool mine, HttpContent? content)
    {
        var request = new HttpRequestMessage(method, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        if (mine)
        {
            request.Headers.Add("x-user", "alice");
        }

        return request;
    }
}
