using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Landline.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace Landline.Kubernetes.Requests;

/// <summary>
/// Sends API requests: asks again when the server wishes to be asked later or is overloaded, within limits, and turns
/// refusals into exceptions.
/// </summary>
internal sealed class ApiRequests(ApiTransport transport, TimeProvider time, ILogger logger)
{
    /// <summary>
    /// For the headers of an answer, and again for its body. kubectl has none, API servers give up after 60 s.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private const int MostAttempts = 5;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);

    // A longer wish of the server is the caller's to fulfil: it sees it in the exception.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A Status object is some hundred bytes, and the page of a proxy that answers instead is no better when whole.
    /// </summary>
    private const int LongestError = 64 * 1024;

    /// <summary>A reason of our own, for answers that are none.</summary>
    private const string InvalidResponse = "InvalidResponse";

    public ApiTransport Transport => transport;

    /// <summary>The answer, as soon as its headers are there. The caller disposes of it.</summary>
    /// <exception cref="KubernetesApiException">The server refused.</exception>
    /// <exception cref="KubernetesConnectionException">There was no answer.</exception>
    public Task<HttpResponseMessage> SendAsync(ApiRequest request, CancellationToken cancellationToken) =>
        SendAsync(request, () => request.MakeMessage(transport.Settings.Server), HttpStatusCode.OK, cancellationToken);

    /// <summary>As the other, for messages that are made in another way.</summary>
    /// <param name="success">The status of success besides the other 200s.</param>
    public async Task<HttpResponseMessage> SendAsync(
        ApiRequest request, Func<HttpRequestMessage> make, HttpStatusCode success, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            HttpResponseMessage response = await transport.SendAsync(make, Timeout, cancellationToken);
            if (response.IsSuccessStatusCode || response.StatusCode == success)
            {
                return response;
            }

            KubernetesApiException refusal;
            using (response)
            {
                refusal = await ReadRefusalAsync(request, response, cancellationToken);
            }

            TimeSpan delay = Backoff.Next(FirstDelay * Math.Pow(2, attempt - 1));
            if (refusal.RetryAfter is { } wish)
            {
                delay = wish;
            }

            if (attempt == MostAttempts || delay > LongestDelay || !MayRepeat(request, refusal))
            {
                throw refusal;
            }

            KubernetesLog.RequestRepeated(logger, request, (int)refusal.StatusCode, delay);
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    public async Task<T> SendAsync<T>(ApiRequest request, JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(request, cancellationToken);
        return await ReadAsync(
            request,
            response,
            async (body, token) => await JsonSerializer.DeserializeAsync(body, json, token),
            cancellationToken)
            ?? throw NotAnApiServer(request, response, null);
    }

    /// <summary>Reads a body with a deadline, and with failures of the kinds that callers know.</summary>
    public async Task<T> ReadAsync<T>(
        ApiRequest request,
        HttpResponseMessage response,
        Func<Stream, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await using Stream body = await response.Content.ReadAsStreamAsync(linked.Token);
            return await read(body, linked.Token);
        }
        catch (JsonException e)
        {
            throw NotAnApiServer(request, response, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not KubernetesConnectionException)
        {
            throw FailureClassifier.Classify(e, transport.Settings);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw FailureClassifier.TimedOut(transport.Settings, e);
        }
    }

    /// <summary>
    /// As the API server's own client: with a Retry-After anything, because the server has not begun.
    /// </summary>
    private static bool MayRepeat(ApiRequest request, KubernetesApiException refusal) =>
        !request.IsSentOnce
        && refusal.IsTransient
        && (refusal.RetryAfter is not null
            || (request.IsRepeatable && refusal.StatusCode != HttpStatusCode.InternalServerError));

    private async Task<KubernetesApiException> ReadRefusalAsync(
        ApiRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        byte[] body = await ReadAsync(request, response, ReadStartAsync, cancellationToken);
        ApiStatus? status = null;
        try
        {
            status = JsonSerializer.Deserialize(body, KubernetesJson.Default.ApiStatus);
        }
        catch (JsonException)
        {
            // Something between here and the API server answered, in words of its own: the status code has to do.
        }

        return Refusal(request, response.StatusCode, status, RetryAfter(response, status));
    }

    internal static KubernetesApiException Refusal(
        ApiRequest request, HttpStatusCode code, ApiStatus? status, TimeSpan? retryAfter) => new(
            code,
            status?.Reason ?? "",
            status?.Message is { Length: > 0 } message ? message : $"{request} was answered with {(int)code} ({code}).")
        {
            Details = status?.Details,
            RetryAfter = retryAfter,
        };

    /// <summary>An object whose fields have other types than its kind is known with.</summary>
    internal static KubernetesApiException Unreadable(string path, JsonException cause) => new(
        HttpStatusCode.OK, InvalidResponse, $"An object in {path} is not as its kind is known ({cause.Message})");

    private TimeSpan? RetryAfter(HttpResponseMessage response, ApiStatus? status)
    {
        if (response.Headers.RetryAfter is { } header)
        {
            TimeSpan? wish = header.Delta ?? header.Date - time.GetUtcNow();
            return wish < TimeSpan.Zero ? TimeSpan.Zero : wish;
        }

        return status?.Details?.RetryAfterSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static async Task<byte[]> ReadStartAsync(Stream body, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[LongestError];
        int count = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return buffer[..count];
    }

    private KubernetesApiException NotAnApiServer(
        ApiRequest request, HttpResponseMessage response, Exception? cause) => new(
        response.StatusCode,
        InvalidResponse,
        $"The server at {transport.Settings.Server} did not answer {request} as an API server does"
            + $"{(cause is null ? "" : $" ({cause.Message})")}.");
}
