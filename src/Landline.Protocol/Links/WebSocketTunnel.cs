using System.Net.WebSockets;

namespace Landline.Protocol.Links;

/// <summary>
/// The bytes of a link as binary messages of a WebSocket (RFC 6455), whose boundaries mean nothing. Owns the WebSocket, and says
/// no goodbye: whoever is in between sees that the connection ends.
/// </summary>
internal sealed class WebSocketTunnel(WebSocket socket) :
    LinkLayer(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false))
{
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
}
