using System.Text.Json;
using Landline.Kubernetes.Configuration;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Kubernetes.Streaming;
using Landline.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Landline.Kubernetes;

/// <summary>
/// Speaks to one cluster as one user. Any thread may use it, several at a time. Every call has a deadline, honours the
/// server's wish to be asked later, and fails with <see cref="KubernetesApiException"/> (the server said no),
/// <see cref="KubernetesConnectionException"/> (no answer) or <see cref="KubernetesConfigurationException"/> (a
/// credential could not be had).
/// </summary>
public sealed partial class KubernetesClient : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ApiTransport _transport;
    private readonly ApiRequests _requests;

    public KubernetesClient(ClusterSettings settings, TimeProvider time, ILogger logger)
    {
        Settings = settings;
        _time = time;
        _logger = logger;
        _transport = new ApiTransport(settings, time, logger);
        _requests = new ApiRequests(_transport, time, logger);
    }

    public ClusterSettings Settings { get; }

    public ServerClock Clock => _transport.Clock;

    /// <summary>
    /// What a login plug-in writes for its user while a request waits for it, as it comes: a prompt, or a code for another
    /// device. Raised on any thread; handlers must not throw.
    /// </summary>
    public event Action<string>? LoginSays
    {
        add => _transport.LoginSays += value;
        remove => _transport.LoginSays -= value;
    }

    public Task<T> GetAsync<T>(
        ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class =>
        _requests.SendAsync(
            new ApiRequest(HttpMethod.Get, type.ObjectPath(namespaceName, name)), type.Json, cancellationToken);

    /// <summary>As <see cref="GetAsync"/>, but null when there is no such object or no such kind.</summary>
    public async Task<T?> FindAsync<T>(
        ResourceType<T> type, string? namespaceName, string name, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await GetAsync(type, namespaceName, name, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>The whole collection, read page by page.</summary>
    /// <param name="namespaceName">Null for all namespaces, or for a kind that has none.</param>
    public async Task<IReadOnlyList<T>> ListAsync<T>(
        ResourceType<T> type, string? namespaceName, Selector selector, CancellationToken cancellationToken)
        where T : class
    {
        var reader = new CollectionReader<T>(_requests, type, namespaceName, selector);
        (List<JsonElement> items, _) = await reader.ReadAsync(cancellationToken);
        try
        {
            return items.ConvertAll(reader.Convert);
        }
        catch (JsonException e)
        {
            throw ApiRequests.Unreadable(reader.Path, e);
        }
    }

    /// <summary>
    /// Follows a collection for as long as the caller enumerates: everything that exists, <c>Synced</c>, then each
    /// change. Network trouble is waited out; a refusal (401, 403, 404) is thrown.
    /// </summary>
    public IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceType<T> type, string? namespaceName, Selector selector, CancellationToken cancellationToken)
        where T : class
    {
        var reader = new CollectionReader<T>(_requests, type, namespaceName, selector);
        return new ResourceWatcher<T>(_requests, reader, _time, _logger).WatchAsync(cancellationToken);
    }

    /// <summary>The body of any GET, such as <c>/readyz</c>.</summary>
    public Task<string> GetRawAsync(string path, CancellationToken cancellationToken) =>
        ReadTextAsync(new ApiRequest(HttpMethod.Get, path) { Accept = "*/*" }, cancellationToken);

    public Task<VersionInfo> GetVersionAsync(CancellationToken cancellationToken) => _requests.SendAsync(
        new ApiRequest(HttpMethod.Get, "/version"), KubernetesJson.Default.VersionInfo, cancellationToken);

    /// <summary>The last lines of a container's log; of a very long one the end.</summary>
    /// <param name="container">Null when the pod has only one.</param>
    public Task<string> GetLogAsync(
        string namespaceName, string pod, string? container, int tailLines, CancellationToken cancellationToken) =>
        ReadTextAsync(PodLog.Request(namespaceName, pod, container, tailLines), cancellationToken);

    public void Dispose() => _transport.Dispose();

    private async Task<string> ReadTextAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await _requests.SendAsync(request, cancellationToken);
        return await _requests.ReadAsync(request, response, PodLog.ReadAsync, cancellationToken);
    }
}
