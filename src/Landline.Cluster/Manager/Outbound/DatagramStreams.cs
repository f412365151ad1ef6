using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Manager.Health;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Outbound;

/// <summary>
/// Serves Udp and Echo streams, each with a connected socket of its own, so that the kernel matches the answers. A
/// "port unreachable" ends the stream as refused; 60 s of silence end it, too.
/// </summary>
internal sealed class DatagramStreams(TargetResolver resolver, ManagerMetrics metrics, TimeProvider timeProvider)
{
    /// <summary>As long as the workstation's packet engine remembers who asked (RFC 4787 asks for more only of NATs).</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    public Task ServeUdpAsync(SessionStream stream, CancellationToken cancellationToken) =>
        ServeAsync(stream, static (socket, stream, timeProvider) => new DatagramPump(socket, stream, Idle, timeProvider),
            static family => new Socket(family, SocketType.Dgram, ProtocolType.Udp), cancellationToken);

    /// <summary>
    /// Each frame is an ICMP message from its type on. The kernel lets an unprivileged process send echo requests and
    /// nothing else (net.ipv4.ping_group_range).
    /// </summary>
    public Task ServeEchoAsync(SessionStream stream, CancellationToken cancellationToken) =>
        ServeAsync(stream, PumpEchoes,
            static family => new Socket(
                family, SocketType.Dgram, family == AddressFamily.InterNetworkV6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp),
            cancellationToken);

    private static DatagramPump PumpEchoes(Socket socket, SessionStream stream, TimeProvider timeProvider)
    {
        var identifiers = new EchoIdentifiers();
        return new DatagramPump(socket, stream, Idle, timeProvider)
        {
            ToTarget = request => identifiers.TryNote(request.Span),
            ToWorkstation = reply => identifiers.TryRestore(reply.Span),
        };
    }

    private async Task ServeAsync(
        SessionStream stream, Func<Socket, SessionStream, TimeProvider, DatagramPump> pump,
        Func<AddressFamily, Socket> createSocket, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        string target = "the target";
        StreamEnd? failure = null;
        try
        {
            // A datagram cannot be refused, so there is nothing to learn from a second address.
            IPEndPoint endPoint = (await resolver.ResolveAsync(stream.OpenPayload, cancellationToken))[0];
            target = endPoint.ToString();
            socket = createSocket(endPoint.AddressFamily);
            await socket.ConnectAsync(endPoint, cancellationToken); // Looks up the route and sends nothing.
        }
        catch (SocketException e)
        {
            failure = DialFailure.Of(e, target);
        }
        catch (StreamEndedException e)
        {
            failure = e.End;
        }

        metrics.Dialled(failure?.Code);
        if (failure is not null)
        {
            socket?.Dispose();
            stream.Refuse(failure);
            return;
        }

        stream.Accept();
        await pump(socket!, stream, timeProvider).RunAsync(target, cancellationToken);
    }
}
