using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Landline.Kubernetes.Configuration;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace Landline.Kubernetes.Watching;

/// <summary>
/// Follows one collection for as long as the caller enumerates: lists it, then watches from there, and lists again
/// when the API server has forgotten the version that was reached; what changed meanwhile is reported as if it had
/// been seen. See https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes.
/// </summary>
internal sealed class ResourceWatcher<T>(
    ApiRequests requests, CollectionReader<T> reader, TimeProvider time, ILogger logger)
    where T : class
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    // The server ends the watch after this long; a dead connection of HTTP/1.1 is noticed a little later.
    private static readonly TimeSpan WatchDuration = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan WatchGrace = TimeSpan.FromSeconds(30);

    private readonly KnownObjects<T> _known = new();
    private bool _hasSynced;

    /// <summary>Network trouble and overload are waited out.</summary>
    /// <exception cref="KubernetesApiException">The server refused: not authorised, or no such resource.</exception>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? version = null; // Null: what is known is stale, so list again.
        TimeSpan delay = FirstDelay;
        int failures = 0;
        while (true)
        {
            Exception? failure = null;
            await using var round = RunOnceAsync(version, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                // Only the fetching is guarded: an exception of the caller's loop body must reach the caller.
                try
                {
                    if (!await round.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested && CanResume(e))
                {
                    failure = e;
                    break;
                }

                (WatchEvent<T>? change, version) = round.Current;
                delay = FirstDelay;
                if (failures > 1)
                {
                    KubernetesLog.WatchRecovered(logger, reader.Path, failures);
                }

                failures = 0;
                if (change is not null)
                {
                    yield return change;
                }
            }

            if (failure is KubernetesApiException { IsExpired: true })
            {
                version = null;
            }

            if (failure is not null)
            {
                KubernetesLog.WatchInterrupted(logger, reader.Path, delay, failure);
                failures++;
                if (failures == 2)
                {
                    KubernetesLog.WatchFailing(logger, reader.Path, failure.Message);
                }
            }

            // Also after an orderly end, so that a server that keeps hanging up is not hammered.
            await Task.Delay(Backoff.Next(delay), time, cancellationToken);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    private bool CanResume(Exception e) => e switch
    {
        // Credentials could be had before: an exec plug-in also fails when the network is away.
        KubernetesConfigurationException => _hasSynced,
        KubernetesApiException api => api.IsTransient || api.IsExpired,
        HttpRequestException or IOException or JsonException or OperationCanceledException => true,
        _ => false,
    };

    /// <summary>Each change, if it is one to report, and the version that is reached with it.</summary>
    private async IAsyncEnumerable<(WatchEvent<T>? Change, string? Version)> RunOnceAsync(
        string? version, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (version is null)
        {
            (List<JsonElement> items, string listed) = await reader.ReadAsync(cancellationToken);

            // Until the last difference is out the version stays null: a caller that stops in between starts over.
            foreach (WatchEvent<T> difference in _known.Replace(items, reader.Convert))
            {
                yield return (difference, null);
            }

            version = listed;
            _hasSynced = true;
            yield return (WatchEvent<T>.Synced.Instance, version);
        }

        ApiRequest request = reader.Request(
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", version),
            ("timeoutSeconds", ((int)WatchDuration.TotalSeconds).ToString(CultureInfo.InvariantCulture)));
        using var deadline = new CancellationTokenSource(WatchDuration + WatchGrace, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using HttpResponseMessage response = await requests.SendAsync(request, linked.Token);
        await using Stream events = await response.Content.ReadAsStreamAsync(linked.Token);
        await foreach (WatchLine? line in JsonSerializer.DeserializeAsyncEnumerable(
            events, KubernetesJson.Default.WatchLine, topLevelValues: true, linked.Token))
        {
            if (line is null or { Type: "ERROR" })
            {
                ApiStatus? status = line?.Object.Deserialize(KubernetesJson.Default.ApiStatus);
                throw ApiRequests.Refusal(request, (HttpStatusCode)(status?.Code ?? 500), status, null);
            }

            version = ObjectIdentity.Of(line.Object).Version ?? version;
            WatchEvent<T>? change = line.Type == "BOOKMARK" ? null : _known.Apply(line, reader.Convert);
            yield return (change, version);
        }
    }
}
