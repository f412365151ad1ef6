using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.TestSupport;
using Landline.Tests.Daemon.Connections;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Daemon.Api;

public sealed class DaemonApiTests : IAsyncLifetime
{
    private static readonly ConnectRequest Request = new() { Name = "lab", Context = "lab", Namespace = "default" };
    private readonly string _socketPath = Path.Combine(Path.GetTempPath(), $"landline-{Guid.NewGuid():N}.sock");
    private readonly FakeOpener _opener = new();
    private readonly ConnectionHost _host;
    private readonly WebApplication _api;
    private readonly HttpClient _client;

    public DaemonApiTests()
    {
        _host = new ConnectionHost("lab", _opener, new ManualTime(), NullLogger.Instance);
        _api = DaemonApi.Build(_socketPath, RuntimeDirectory.CurrentUserId, _host, NullLoggerFactory.Instance);
        _client = Client(_socketPath);
    }

    public async ValueTask InitializeAsync() => await _api.StartAsync(Deadline.Token);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task Connecting_is_told_line_by_line()
    {
        using HttpResponseMessage response = await PostAsync(Request);

        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.MediaType);
        string[] lines = (await response.Content.ReadAsStringAsync(Deadline.Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("""{"type":"progress","message":"Opening"}""", lines[0]);
        Assert.StartsWith("""{"type":"connected","connection":{"name":"lab","status":"Connected",""", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("""},"alreadyConnected":false}""", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_is_the_last_line_with_one_sentence_and_one_hint()
    {
        _opener.BeforeOpening = (_, _) => throw new UserErrorException("not-installed", "Landline is not there.", "Install it.");

        using HttpResponseMessage response = await PostAsync(Request);

        Assert.EndsWith(
            """{"type":"error","code":"not-installed","message":"Landline is not there.","hint":"Install it."}""" + "\n",
            await response.Content.ReadAsStringAsync(Deadline.Token),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_helper_that_is_needed_is_asked_for_before_the_end()
    {
        // The opener waits for the helper; the answer must not wait with it.
        var helper = new TaskCompletionSource();
        _opener.BeforeOpening = (_, token) => helper.Task.WaitAsync(token);
        using var post = new HttpRequestMessage(HttpMethod.Post, "/v1/connection")
        {
            Content = JsonContent.Create(Request, DaemonJson.Default.ConnectRequest),
        };
        using HttpResponseMessage response = await _client.SendAsync(post, HttpCompletionOption.ResponseHeadersRead, Deadline.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Deadline.Token));

        Assert.Equal("""{"type":"progress","message":"Opening"}""", await lines.ReadLineAsync(Deadline.Token));
        helper.SetResult();
        Assert.StartsWith("""{"type":"connected",""", await lines.ReadLineAsync(Deadline.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_its_request_holds_ends_when_the_request_is_closed()
    {
        using (HttpResponseMessage response = await BeginAsync(Request with { Hold = true }))
        {
            using StreamReader lines = await LinesAsync(response);
            await ReadUntilConnectedAsync(lines);
            Assert.False(_opener.Opened[0].IsPutBack);
        }

        await _host.Finished.WaitAsync(Deadline.Token);
        Assert.True(_opener.Opened[0].IsPutBack);
    }

    [Fact]
    public async Task A_connection_that_stood_before_stays_when_a_request_that_holds_it_lets_go()
    {
        using HttpResponseMessage first = await PostAsync(Request);
        using HttpResponseMessage second = await BeginAsync(Request with { Hold = true });
        using StreamReader lines = await LinesAsync(second);
        string hold = await ReadUntilConnectedAsync(lines);

        Assert.Equal(HttpStatusCode.OK, await ReleaseAsync(hold));
        Assert.False(_opener.Opened[0].IsPutBack);
    }

    [Fact]
    public async Task A_held_connection_stays_once_somebody_has_asked_for_it_without_holding_it()
    {
        using HttpResponseMessage first = await BeginAsync(Request with { Hold = true });
        using StreamReader lines = await LinesAsync(first);
        string hold = await ReadUntilConnectedAsync(lines);
        using HttpResponseMessage plain = await PostAsync(Request);

        Assert.Equal(HttpStatusCode.OK, await ReleaseAsync(hold));
        Assert.False(_opener.Opened[0].IsPutBack);
    }

    [Fact]
    public async Task Of_two_requests_that_hold_a_connection_the_last_one_ends_it()
    {
        using HttpResponseMessage first = await BeginAsync(Request with { Hold = true });
        using StreamReader firstLines = await LinesAsync(first);
        string one = await ReadUntilConnectedAsync(firstLines);
        using HttpResponseMessage second = await BeginAsync(Request with { Hold = true });
        using StreamReader secondLines = await LinesAsync(second);
        string two = await ReadUntilConnectedAsync(secondLines);

        Assert.Equal(HttpStatusCode.OK, await ReleaseAsync(one));
        Assert.Equal(HttpStatusCode.OK, await ReleaseAsync(one));
        Assert.False(_opener.Opened[0].IsPutBack);

        Assert.Equal(HttpStatusCode.NoContent, await ReleaseAsync(two));
        Assert.True(_opener.Opened[0].IsPutBack);
        Assert.Equal("""{"type":"ended","reason":"it was ended"}""", await firstLines.ReadLineAsync(Deadline.Token));
    }

    [Fact]
    public async Task Whoever_lets_go_of_a_connection_that_was_lost_takes_none_down_that_follows_it()
    {
        using HttpResponseMessage first = await BeginAsync(Request with { Hold = true });
        using StreamReader firstLines = await LinesAsync(first);
        string lost = await ReadUntilConnectedAsync(firstLines);
        _opener.Opened[0].Lose("it was ended in the cluster");
        using HttpResponseMessage next = await ConnectAgainAsync();

        Assert.Equal(HttpStatusCode.OK, await ReleaseAsync(lost));

        Assert.False(_opener.Opened[1].IsPutBack);
        Assert.False(_host.Finished.IsCompleted);
    }

    [Fact]
    public async Task Whoever_holds_a_connection_is_told_of_its_end_and_takes_none_down_that_follows_it()
    {
        using (HttpResponseMessage response = await BeginAsync(Request with { Hold = true }))
        {
            using StreamReader lines = await LinesAsync(response);
            await ReadUntilConnectedAsync(lines);

            _opener.Opened[0].Lose("it was ended in the cluster");

            Assert.Equal("""{"type":"ended","reason":"it was ended in the cluster"}""", await lines.ReadLineAsync(Deadline.Token));
            using HttpResponseMessage next = await ConnectAgainAsync();
            Assert.EndsWith("\"alreadyConnected\":false}\n", await next.Content.ReadAsStringAsync(Deadline.Token), StringComparison.Ordinal);
        }

        using HttpResponseMessage status = await _client.GetAsync(new Uri("/v1/status", UriKind.Relative), Deadline.Token);
        Assert.False(_opener.Opened[1].IsPutBack);
    }

    [Fact]
    public async Task The_status_has_a_stable_shape()
    {
        using HttpResponseMessage connected = await PostAsync(Request);

        string status = await _client.GetStringAsync(new Uri("/v1/status", UriKind.Relative), Deadline.Token);

        string expected = $$"""
            {"version":"{{ProductVersion.Text}}","processId":{{Environment.ProcessId}},"connection":{"name":"lab","status":"Connected",
            "statusSince":"2030-01-01T00:00:00+00:00","context":"lab","server":"https://198.51.100.1:6443","namespace":"default",
            "managerNamespace":"landline","daemonProcessId":{{Environment.ProcessId}},"subnets":["10.96.0.0/16"],"alsoProxy":[],"neverProxy":[],
            "mappedNamespaces":[],"attachments":[]},"warnings":[]}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), status);
    }

    [Fact]
    public async Task Deleting_the_connection_ends_it()
    {
        using HttpResponseMessage connected = await PostAsync(Request);

        using HttpResponseMessage response = await _client.DeleteAsync(new Uri("/v1/connection", UriKind.Relative), Deadline.Token);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.True(_opener.Opened[0].IsPutBack);
    }

    [Fact]
    public async Task A_body_that_is_no_request_is_refused()
    {
        using var nonsense = new StringContent("{\"name\":");
        nonsense.Headers.ContentType = new("application/json");

        using HttpResponseMessage response = await _client.PostAsync(
            new Uri("/v1/connection", UriKind.Relative), nonsense, Deadline.Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(_opener.Opened);
    }

    [Fact]
    public void Only_the_owner_may_open_the_socket() =>
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_socketPath));

    private async Task<HttpResponseMessage> BeginAsync(ConnectRequest request)
    {
        using var post = new HttpRequestMessage(HttpMethod.Post, "/v1/connection")
        {
            Content = JsonContent.Create(request, DaemonJson.Default.ConnectRequest),
        };
        return await _client.SendAsync(post, HttpCompletionOption.ResponseHeadersRead, Deadline.Token);
    }

    // While what was lost is put back, the daemon is busy.
    private async Task<HttpResponseMessage> ConnectAgainAsync()
    {
        while (true)
        {
            HttpResponseMessage response = await PostAsync(Request);
            if (_opener.Opened.Count > 1)
            {
                return response;
            }

            response.Dispose();
        }
    }

    private static async Task<StreamReader> LinesAsync(HttpResponseMessage response) =>
        new(await response.Content.ReadAsStreamAsync(Deadline.Token));

    /// <returns>What to let go of the connection by.</returns>
    private static async Task<string> ReadUntilConnectedAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync(Deadline.Token) is { } line)
        {
            if (JsonSerializer.Deserialize(line, DaemonJson.Default.ConnectEvent) is ConnectedEvent connected)
            {
                return connected.Hold!;
            }
        }

        throw new InvalidOperationException("It did not connect.");
    }

    private async Task<HttpStatusCode> ReleaseAsync(string hold)
    {
        using HttpResponseMessage response = await _client.DeleteAsync(
            new Uri($"/v1/connection/holds/{hold}", UriKind.Relative), Deadline.Token);
        return response.StatusCode;
    }

    private Task<HttpResponseMessage> PostAsync(ConnectRequest request) => _client.PostAsync(
        new Uri("/v1/connection", UriKind.Relative),
        JsonContent.Create(request, DaemonJson.Default.ConnectRequest),
        Deadline.Token);

    private static HttpClient Client(string socketPath) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://daemon"),
    };
}
