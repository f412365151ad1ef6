using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Api;
using Landline.Protocol.Loops;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;

namespace Landline.Benchmarks.Roles;

/// <summary>Dials the targets of streams from this process's network namespace, as a manager does in its pod.</summary>
internal static class FarDialer
{
    // The largest UDP datagram of IPv4 and IPv6.
    private const int LargestDatagram = 65_535;

    // Begun on the link's reader; it has to return at once.
    public static void Serve(SessionStream stream)
    {
        if (!DialTarget.TryRead(stream.OpenPayload.Span, out DialTarget target) || target.Address is not { } address)
        {
            stream.Refuse(new StreamEnd(StreamEndCode.ProtocolError, "not an address"));
            return;
        }

        var endPoint = new IPEndPoint(address, target.Port);
        _ = stream.Kind switch
        {
            StreamKind.Tcp => ServeAsync(stream, () => RelayAsync(endPoint, stream)),
            StreamKind.Udp => ServeAsync(stream, () => PumpAsync(endPoint, ProtocolType.Udp, stream)),
            StreamKind.Echo => ServeAsync(
                stream, () => PumpAsync(endPoint, address.AddressFamily == AddressFamily.InterNetworkV6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp, stream)),
            _ => ServeAsync(stream, () => throw new NotSupportedException($"Streams of kind {stream.Kind} are not served.")),
        };
    }

    private static async Task ServeAsync(SessionStream stream, Func<Task> serve)
    {
        try
        {
            await serve();
        }
        catch (SocketException e)
        {
            stream.Reset(new StreamEnd(CodeOf(e.SocketErrorCode), e.Message));
        }
        catch (Exception e)
        {
            stream.Reset(new StreamEnd(StreamEndCode.Failed, e.Message));
        }
    }

    private static async Task RelayAsync(IPEndPoint target, SessionStream stream)
    {
        Socket socket = await LoopDial.ConnectAsync(target, stream.Session.Loop, CancellationToken.None);
        stream.Accept();
        await SocketRelay.RunAsync(socket, stream, CancellationToken.None);
    }

    private static async Task PumpAsync(IPEndPoint target, ProtocolType protocol, SessionStream stream)
    {
        using var socket = new Socket(target.AddressFamily, SocketType.Dgram, protocol);
        await socket.ConnectAsync(target);
        stream.Accept();
        Task answers = PumpAnswersAsync(socket, stream);
        byte[] buffer = new byte[LargestDatagram];
        while (await stream.ReceiveDatagramAsync(buffer, CancellationToken.None) is >= 0 and var size)
        {
            await socket.SendAsync(buffer.AsMemory(0, size));
        }

        socket.Close();
        await answers;
    }

    private static async Task PumpAnswersAsync(Socket socket, SessionStream stream)
    {
        byte[] buffer = new byte[LargestDatagram];
        try
        {
            while (true)
            {
                int size = await socket.ReceiveAsync(buffer);
                stream.TrySendDatagram(buffer.AsSpan(0, size));
            }
        }
        catch (SocketException e)
        {
            stream.Reset(new StreamEnd(CodeOf(e.SocketErrorCode), e.Message));
        }
        catch (ObjectDisposedException)
        {
            // The workstation has ended the stream.
        }
    }

    private static StreamEndCode CodeOf(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => StreamEndCode.Refused,
        SocketError.NetworkUnreachable => StreamEndCode.NetworkUnreachable,
        SocketError.HostUnreachable => StreamEndCode.HostUnreachable,
        SocketError.TimedOut => StreamEndCode.TimedOut,
        SocketError.AccessDenied => StreamEndCode.NotAllowed,
        SocketError.OperationAborted => StreamEndCode.Canceled,
        _ => StreamEndCode.Failed,
    };
}
