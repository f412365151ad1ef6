using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>Talks to one daemon; docs/protocol/daemon-api.md is its other side.</summary>
internal sealed class DaemonClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly ConnectionDirectory _directory;

    public DaemonClient(ConnectionDirectory directory)
        : this(directory, Task.CompletedTask)
    {
    }

    /// <param name="listening">The first request goes out when it completes; what can be done before is.</param>
    public DaemonClient(ConnectionDirectory directory, Task listening)
    {
        _directory = directory;
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancellationToken) =>
            {
                await listening;
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(directory.DaemonSocket), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        })
        {
            BaseAddress = new Uri("http://daemon"),

            // Connecting may wait for a password; callers bring their own deadlines.
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Task<DaemonStatus> StatusAsync(CancellationToken cancellationToken) =>
        GetAsync("/v1/status", DaemonJson.Default.DaemonStatus, cancellationToken);

    /// <exception cref="UserErrorException">The manager does not answer.</exception>
    public Task<WorkloadReport> WorkloadsAsync(CancellationToken cancellationToken) =>
        GetAsync("/v1/workloads", DaemonJson.Default.WorkloadReport, cancellationToken);

    /// <exception cref="UserErrorException">There is no such attachment, or no pod that answers.</exception>
    public Task<WorkloadEnvironment> EnvironmentAsync(string attachment, CancellationToken cancellationToken) => GetAsync(
        $"/v1/attachments/{Uri.EscapeDataString(attachment)}/environment",
        DaemonJson.Default.WorkloadEnvironment,
        cancellationToken);

    /// <summary>The daemon's answer line by line. Breaking off the enumeration breaks off the connecting.</summary>
    public IAsyncEnumerable<ConnectEvent> ConnectAsync(ConnectRequest request, CancellationToken cancellationToken) =>
        PostAsync(
            "/v1/connection",
            JsonContent.Create(request, DaemonJson.Default.ConnectRequest),
            DaemonJson.Default.ConnectEvent,
            cancellationToken);

    public async Task DisconnectAsync(CancellationToken cancellationToken)
    {
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "/v1/connection");
        using HttpResponseMessage response = await SendAsync(delete, cancellationToken);
    }

    /// <summary>Lets go of a connection; returns when it has ended, if nobody else needs it.</summary>
    /// <returns>Whether it has; the daemon then ends too.</returns>
    public async Task<bool> ReleaseAsync(string hold, CancellationToken cancellationToken)
    {
        using var delete = new HttpRequestMessage(HttpMethod.Delete, $"/v1/connection/holds/{Uri.EscapeDataString(hold)}");
        using HttpResponseMessage response = await SendAsync(delete, cancellationToken);
        return response.StatusCode == HttpStatusCode.NoContent;
    }

    /// <summary>The daemon's answer line by line. Breaking off the enumeration before the end detaches.</summary>
    public IAsyncEnumerable<AttachEvent> AttachAsync(AttachRequest request, CancellationToken cancellationToken) =>
        PostAsync(
            "/v1/attachments",
            JsonContent.Create(request, DaemonJson.Default.AttachRequest),
            DaemonJson.Default.AttachEvent,
            cancellationToken);

    public async Task DetachAsync(string name, CancellationToken cancellationToken)
    {
        using var delete = new HttpRequestMessage(HttpMethod.Delete, $"/v1/attachments/{Uri.EscapeDataString(name)}");
        using HttpResponseMessage response = await SendAsync(delete, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var get = new HttpRequestMessage(HttpMethod.Get, path);
        using HttpResponseMessage response = await SendAsync(get, cancellationToken);
        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellationToken)
                ?? throw CliErrors.DaemonGone(_directory.ConnectionName);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException)
        {
            throw CliErrors.DaemonGone(_directory.ConnectionName, e);
        }
    }

    private async IAsyncEnumerable<T> PostAsync<T>(
        string path, HttpContent content, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var post = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        using HttpResponseMessage response = await SendAsync(post, cancellationToken);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var reader = new StreamReader(body);
        while (await ReadLineAsync(reader, cancellationToken) is { } line)
        {
            yield return JsonSerializer.Deserialize(line, type)!;
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw CliErrors.DaemonGone(_directory.ConnectionName, e);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            if (response.StatusCode == HttpStatusCode.UnprocessableEntity
                && await response.Content.ReadFromJsonAsync(DaemonJson.Default.ApiError, cancellationToken) is { } error)
            {
                throw new UserErrorException(error.Code, error.Message, error.Hint);
            }

            throw CliErrors.DaemonGone(_directory.ConnectionName);
        }
    }

    private async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw CliErrors.DaemonGone(_directory.ConnectionName, e);
        }
    }
}
