using System.Net.WebSockets;
using System.Runtime.CompilerServices;

namespace Landline.Protocol.Links;

/// <summary>
/// The bytes of a link as binary messages of a WebSocket (RFC 6455), whose boundaries mean nothing. Owns the WebSocket, and says
/// no goodbye: whoever is in between sees that the connection ends. What breaks it is an IOException, as with any other link.
/// </summary>
internal sealed class WebSocketTunnel(WebSocket socket) :
    LinkLayer(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false))
{
    /// <summary>Whether a byte has come from the other side.</summary>
    public bool HasReceived { get; private set; }

    /// <summary>Zero when the other side has ended, with a goodbye or without.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask<int> read = base.ReadAsync(buffer, cancellationToken);
        return HasReceived && read.IsCompletedSuccessfully ? read : TranslateAsync(read, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ValueTask write = base.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully ? write : TranslateAsync(write, cancellationToken);
    }

    public override ValueTask DisposeAsync()
    {
        socket.Abort(); // Also ends a read or a write that is under way.
        return base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Abort();
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> TranslateAsync(ValueTask<int> read, CancellationToken cancellationToken)
    {
        try
        {
            int length = await read;
            HasReceived |= length > 0;
            return length;
        }
        catch (WebSocketException e) when (e is { WebSocketErrorCode: WebSocketError.ConnectionClosedPrematurely, InnerException: null })
        {
            return 0;
        }
        catch (Exception e) when (IsBreak(e, cancellationToken))
        {
            throw new IOException(e.Message, e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask TranslateAsync(ValueTask write, CancellationToken cancellationToken)
    {
        try
        {
            await write;
        }
        catch (Exception e) when (IsBreak(e, cancellationToken))
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>An aborted WebSocket reports a cancellation that nobody asked for, a message of another kind what is not supported.</summary>
    private static bool IsBreak(Exception e, CancellationToken cancellationToken) =>
        e is WebSocketException or ObjectDisposedException or NotSupportedException or System.Net.Sockets.SocketException
        || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
