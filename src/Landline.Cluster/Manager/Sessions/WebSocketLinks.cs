using System.Buffers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Agent.Http.Http1;
using Landline.Protocol.Api;
using Landline.Protocol.Links;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>
/// Accepts a link as a WebSocket (RFC 6455, section 4.2), which is what the API server's proxy for pods passes on. A server of HTTP
/// would have the connection on threads and in buffers of its own; this one stays on its event loop. It knows one request, and
/// nobody is known by it: the TLS inside decides who gets a session.
/// </summary>
internal static class WebSocketLinks
{
    /// <summary>What a proxy adds to a request of ours has some hundred bytes.</summary>
    private const int LongestHead = 8 * 1024;

    // RFC 6455, section 1.3.
    private static ReadOnlySpan<byte> AcceptSuffix => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <exception cref="IOException">It is no such request; it has been answered with status 400, where it is HTTP at all.</exception>
    public static async Task<Stream> AcceptAsync(Stream connection, CancellationToken cancellationToken)
    {
        var tunnel = new TunnelAccept(connection);
        string? accept = await ReadRequestAsync(tunnel.Connection, cancellationToken);
        if (accept is null)
        {
            await SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            throw new IOException("What came was no request for a session over a WebSocket.");
        }

        await SendAsync(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
            + $"Sec-WebSocket-Protocol: {ClusterObjects.WebSocketProtocol}\r\n\r\n");
        return tunnel.ToLink(WebSocket.CreateFromStream(tunnel.Connection, new WebSocketCreationOptions
        {
            IsServer = true,
            SubProtocol = ClusterObjects.WebSocketProtocol,
            KeepAliveInterval = Timeout.InfiniteTimeSpan, // The session notices a dead link by itself.
        }));

        ValueTask SendAsync(string answer) => tunnel.Connection.WriteAsync(Encoding.ASCII.GetBytes(answer), cancellationToken);
    }

    /// <returns>The value of Sec-WebSocket-Accept; null when it is no request for a session.</returns>
    private static async Task<string?> ReadRequestAsync(Stream connection, CancellationToken cancellationToken)
    {
        var head = new RequestHead();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LongestHead);
        try
        {
            for (int length = 0; length < LongestHead;)
            {
                // One by one, because what follows the head is the WebSocket's; the stream below has read ahead.
                if (await connection.ReadAsync(buffer.AsMemory(length, 1), cancellationToken) == 0)
                {
                    return null;
                }

                length++;
                if (buffer[length - 1] != (byte)'\n')
                {
                    continue;
                }

                switch (head.Parse(buffer.AsSpan(0, length)))
                {
                    case HeadStatus.Complete:
                        return AnswerTo(head.View(buffer.AsSpan(0, length)));
                    case HeadStatus.NotUnderstood:
                        return null;
                    default:
                        continue;
                }
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string? AnswerTo(RequestView request) =>
        request.Method.SequenceEqual("GET"u8)
        && Ascii.Equals(request.Path, ClusterObjects.WebSocketPath)
        && Ascii.EqualsIgnoreCase(OnlyValue(request, "upgrade"u8), "websocket")
        && Ascii.Equals(OnlyValue(request, "sec-websocket-version"u8), "13")
        && Ascii.Equals(OnlyValue(request, "sec-websocket-protocol"u8), ClusterObjects.WebSocketProtocol)
        && OnlyValue(request, "sec-websocket-key"u8) is { IsEmpty: false } key
            ? AcceptOf(key)
            : null;

    /// <summary>Empty where the field is missing, or there several times.</summary>
    private static ReadOnlySpan<byte> OnlyValue(RequestView request, ReadOnlySpan<byte> name)
    {
        _ = request.TryGetField(name, out ReadOnlySpan<byte> value, out byte[]? joined);
        if (joined is null)
        {
            return value;
        }

        ArrayPool<byte>.Shared.Return(joined);
        return default;
    }

    private static string AcceptOf(ReadOnlySpan<byte> key)
    {
        // The RFC prescribes SHA-1; it proves only that this side speaks the protocol.
#pragma warning disable CA5350
        return Convert.ToBase64String(SHA1.HashData([.. key, .. AcceptSuffix]));
#pragma warning restore CA5350
    }
}
