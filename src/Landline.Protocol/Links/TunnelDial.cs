using System.Net;
using System.Net.WebSockets;

namespace Landline.Protocol.Links;

/// <summary>
/// The TCP connection under a link that another protocol carries, such as a WebSocket: whoever makes the tunnel asks for
/// the connection, and the session then reads and writes on the connection's event loop.
/// </summary>
public sealed class TunnelDial
{
    private SocketLink? _socket;

    /// <summary>The connection for the tunnel, which owns it. The caller goes on on the thread pool.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">No address of the host answers, or it has none.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken)
    {
        _socket = await TcpLink.DialAsync(target, cancellationToken);
        return new ReadAheadStream(_socket);
    }

    /// <summary>The link. A tunnel that did not ask for a connection is driven from the thread pool.</summary>
    public Stream ToLink(Stream tunnel) => _socket is null ? tunnel : new TunneledLink(tunnel, _socket);

    /// <summary>The same for a WebSocket, which the link owns.</summary>
    public Stream ToLink(WebSocket tunnel) => ToLink(new WebSocketTunnel(tunnel));
}
