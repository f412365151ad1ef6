using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Loops;

namespace Landline.Protocol.Links;

/// <summary>Sets up a TCP connection that is to be a link, on either side.</summary>
public static class TcpLink
{
    /// <summary>Dials, for a process that has one session; the caller goes on on the thread pool.</summary>
    /// <exception cref="SocketException">No address of the host answers, or it has none.</exception>
    public static async Task<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken) =>
        await DialAsync(target, cancellationToken);

    /// <summary>For a process that has one session. The stream owns the socket.</summary>
    public static Stream Prepare(Socket connected) => Prepare(connected, EventLoop.Main);

    /// <summary>The stream owns the socket; the session that begins over it stays in its loop.</summary>
    public static Stream Prepare(Socket connected, EventLoop loop) => PrepareSocket(connected, loop);

    internal static async Task<SocketLink> DialAsync(DnsEndPoint target, CancellationToken cancellationToken) =>
        PrepareSocket(await LoopDial.ConnectAsync(target, EventLoop.Main, cancellationToken), EventLoop.Main);

    private static SocketLink PrepareSocket(Socket connected, EventLoop loop)
    {
        connected.NoDelay = true;
        return new SocketLink(connected, loop, TimeProvider.System);
    }
}
