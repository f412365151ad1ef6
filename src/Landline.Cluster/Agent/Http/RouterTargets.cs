using System.Net;
using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http;

/// <summary>
/// Where a client connection's requests can go, and by which rules. One for each accepted connection:
/// <code>
/// await HttpRouter.ServeAsync(captured, new RouterTargets
/// {
///     Filters = port.Filters,                                             // shared by all connections of the port
///     DialOriginal = token => original.ConnectAsync(token),               // a NetworkStream; SO_MARK keeps it from being captured
///     DialWorkstation = async (id, token) => new WorkstationStream(await inbound.OpenAsync(id, caller, token)),
///     SourceAddress = caller,
/// }, cancellationToken);
/// </code>
/// Each of the two is called as often as connections are needed: one to the original and one to each workstation whose
/// filter matches a request, at the first such request, and again after one has ended. Disposing a returned stream ends
/// it; the router disposes each exactly when it is done with it, and all of them before ServeAsync returns. Canceling
/// resets them and the client.
/// </summary>
internal sealed class RouterTargets
{
    public required FilterTable Filters { get; init; }

    /// <summary>Connects to the original container. Throws when it cannot; the client then sees a reset.</summary>
    public required Func<CancellationToken, ValueTask<Stream>> DialOriginal { get; init; }

    /// <summary>
    /// Opens a stream to the handler of the attachment with that id; throws when the workstation or its handler is not
    /// there. The callee bounds the time it takes.
    /// </summary>
    public required Func<string, CancellationToken, ValueTask<Stream>> DialWorkstation { get; init; }

    /// <summary>Ends the writing half of a stream that one of the two above returned, or of the client's.</summary>
    public Action<Stream> EndWriting { get; init; } = StreamEnds.EndWriting;

    /// <summary>Told of a connection of TLS, whose requests no filter can see. Called on the data path.</summary>
    public Action? OnUnreadable { get; init; }

    /// <summary>The caller's, for attachments that want it as X-Forwarded-For.</summary>
    public IPAddress? SourceAddress { get; init; }

    /// <summary>Told of each request when its response has begun or failed. Called on the data path: must not block or throw.</summary>
    public Action<RoutedRequest>? Observer { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What became of one request.</summary>
/// <param name="Attachment">Id of the attachment that the request matched; null when none did.</param>
/// <param name="Status">Of the response; 0 when there was none.</param>
/// <param name="FellBack">The original answered in place of the workstation.</param>
internal sealed record RoutedRequest(string Method, string Path, string? Attachment, int Status, bool FellBack);
