using System.Net;
using System.Net.Sockets;
using Landline.Daemon.Errors;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Attachments;

/// <summary>
/// Ports of the workstation's loopback address that lead to the same ports of the pod. They are taken before anything is
/// attached, so that a port that is in use is told first; they serve from <see cref="Start"/> on.
/// </summary>
internal sealed class ToPodPorts : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<(ToPodPort Port, Socket Socket)> _taken = [];
    private readonly List<Task> _serving = [];

    private ToPodPorts()
    {
    }

    /// <exception cref="UserErrorException">A port is in use, or not for ordinary users.</exception>
    public static ToPodPorts Take(IEnumerable<ToPodPort> ports)
    {
        var all = new ToPodPorts();
        foreach (ToPodPort port in ports)
        {
            Socket socket = port.Protocol == PortProtocol.Udp
                ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
                : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            all._taken.Add((port, socket));
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port.Port));
                if (port.Protocol == PortProtocol.Tcp)
                {
                    socket.Listen();
                }
            }
            catch (SocketException e)
            {
                all._taken.ForEach(taken => taken.Socket.Dispose());
                throw DaemonErrors.ToPodPortUnavailable(port.Port, e.Message, e);
            }
        }

        return all;
    }

    public void Start(Attachment attachment, WorkloadStreams workloads, TimeProvider time, ILogger logger)
    {
        foreach ((ToPodPort port, Socket socket) in _taken)
        {
            Func<WorkloadOpen> open = () => new WorkloadOpen
            {
                Attachment = attachment.ClusterId, Part = WorkloadPart.Dial, Port = port.Port, Protocol = port.Protocol,
            };
            _serving.Add(port.Protocol == PortProtocol.Udp
                ? new ToPodDatagrams(socket, open, workloads, time, logger).RunAsync(_stop.Token)
                : new ToPodConnections(socket, open, workloads, time, logger).RunAsync(_stop.Token));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _taken.ForEach(taken => taken.Socket.Dispose());
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }
}
