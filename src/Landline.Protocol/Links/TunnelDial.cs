using System.Net;
using System.Net.WebSockets;

namespace Landline.Protocol.Links;

/// <summary>
/// The TCP connection under a link that another protocol carries, such as a WebSocket: whoever makes the tunnel asks for
/// the connection, and the session then reads and writes on the connection's event loop.
/// </summary>
public sealed class TunnelDial
{
    private volatile SocketLink? _socket;
    private Func<bool>? _hasReceived;

    /// <summary>Whether a connection has been asked for and made.</summary>
    public bool HasConnected => _socket is not null;

    /// <summary>Whether a byte has come through the WebSocket that the link is in.</summary>
    public bool HasReceived => _hasReceived is not null && _hasReceived();

    /// <summary>The connection for the tunnel, which owns it. The caller goes on on the thread pool.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">No address of the host answers, or it has none.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken)
    {
        SocketLink socket = await TcpLink.DialAsync(target, cancellationToken);
        _socket = socket;
        return new ReadAheadStream(socket);
    }

    /// <summary>The link. A tunnel that did not ask for a connection is driven from the thread pool.</summary>
    public Stream ToLink(Stream tunnel) => _socket is { } socket ? new TunneledLink(tunnel, socket) : tunnel;

    /// <summary>The same for a WebSocket, which the link owns.</summary>
    public Stream ToLink(WebSocket tunnel)
    {
        var link = new WebSocketTunnel(tunnel);
        _hasReceived = () => link.HasReceived;
        return ToLink(link);
    }
}
