using System.Net.Sockets;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;

namespace Landline.Benchmarks.Roles;

/// <summary>A session over a bare TCP connection, which no program of the product makes: it shows what TLS costs.</summary>
internal static class PlainSession
{
    /// <summary>The session lives as long as the connection.</summary>
    public static Session Begin(Socket connected, bool isClient, StreamAcceptor acceptor)
    {
        var session = new Session(Guid.Empty, isClient, acceptor, TimeProvider.System, KeepAlive.Default, grace: TimeSpan.Zero);
        var link = new SessionLink(session.Core, TcpLink.Prepare(connected));
        session.Core.TryAttach(link, peerReceived: 0, out _);
        _ = session.RunLinkAsync(link);
        return session;
    }
}
