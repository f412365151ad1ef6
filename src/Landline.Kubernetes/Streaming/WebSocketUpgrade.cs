using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Landline.Kubernetes.Requests;

namespace Landline.Kubernetes.Streaming;

/// <summary>
/// Opens a WebSocket (RFC 6455) over the same transport as every other request, so that proxies and credentials of
/// every kind work, and so that a refusal arrives with the API server's own words, which ClientWebSocket discards.
/// </summary>
internal static class WebSocketUpgrade
{
    // RFC 6455, section 1.3.
    private const string AcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <param name="subprotocols">In order of preference.</param>
    /// <exception cref="KubernetesApiException">The server refused.</exception>
    /// <exception cref="KubernetesConnectionException">There was no answer, or none that is a WebSocket.</exception>
    public static async Task<WebSocket> ConnectAsync(
        ApiRequests requests,
        ApiRequest request,
        IReadOnlyList<string> subprotocols,
        CancellationToken cancellationToken)
    {
        Uri server = requests.Transport.Settings.Server;
        string key = "";
        HttpResponseMessage response = await requests.SendAsync(
            request, Make, HttpStatusCode.SwitchingProtocols, cancellationToken);
        try
        {
            string? subprotocol = Check(response, key, subprotocols, server);
            Stream connection = await response.Content.ReadAsStreamAsync(cancellationToken);
            return WebSocket.CreateFromStream(connection, new WebSocketCreationOptions
            {
                SubProtocol = subprotocol,
                KeepAliveInterval = Timeout.InfiniteTimeSpan, // What runs inside notices a dead connection by itself.
            });
        }
        catch
        {
            response.Dispose(); // Otherwise the WebSocket's stream owns the connection.
            throw;
        }

        HttpRequestMessage Make()
        {
            key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            HttpRequestMessage message = request.MakeMessage(server);

            // With ws in place of http, a plain proxy too is asked for a tunnel.
            message.RequestUri = new UriBuilder(message.RequestUri!)
            {
                Scheme = server.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs,
                Port = server.Port,
            }.Uri;
            message.Version = HttpVersion.Version11;
            message.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            message.Headers.Clear();
            message.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            message.Headers.TryAddWithoutValidation("Upgrade", "websocket");
            message.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
            message.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
            message.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", string.Join(", ", subprotocols));
            return message;
        }
    }

    /// <returns>The subprotocol that the server chose.</returns>
    private static string Check(HttpResponseMessage response, string key, IReadOnlyList<string> subprotocols, Uri server)
    {
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols
            || !Header("Upgrade").Equals("websocket", StringComparison.OrdinalIgnoreCase))
        {
            throw Problem(
                $"did not open a WebSocket (status {(int)response.StatusCode}); a proxy in between may not pass WebSockets");
        }

        // RFC 6455 prescribes SHA-1 here; it proves only that the other side speaks the protocol.
#pragma warning disable CA5350
        string expected = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSuffix)));
#pragma warning restore CA5350
        if (Header("Sec-WebSocket-Accept") != expected)
        {
            throw Problem("answered another WebSocket request than this one");
        }

        string chosen = Header("Sec-WebSocket-Protocol");
        return subprotocols.Contains(chosen)
            ? chosen
            : throw Problem($"speaks none of {string.Join(", ", subprotocols)} here");

        string Header(string name) =>
            response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(", ", values) : "";

        KubernetesConnectionException Problem(string what) => new(
            ConnectionFailure.Interrupted, server, $"The server at {server.Host}:{server.Port} {what}.", null);
    }
}
