using System.Net.WebSockets;

namespace Landline.Protocol.Links;

/// <summary>The other side of <see cref="TunnelDial"/>: a TCP connection that was accepted, over which a tunnel begins.</summary>
/// <param name="connection">From <see cref="TcpLink.Prepare(System.Net.Sockets.Socket)"/>.</param>
public sealed class TunnelAccept(Stream connection)
{
    private readonly SocketLink? _socket = SocketLink.Under(connection);

    /// <summary>For the tunnel, which owns it.</summary>
    public Stream Connection { get; } = new ReadAheadStream(connection);

    /// <summary>The link, which owns the WebSocket; the session that begins over it stays in the connection's loop.</summary>
    public Stream ToLink(WebSocket tunnel)
    {
        var link = new WebSocketTunnel(tunnel);
        return _socket is null ? link : new TunneledLink(link, _socket);
    }
}
