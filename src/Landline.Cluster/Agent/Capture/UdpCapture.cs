using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Hosting;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// One attached UDP port of a pod in one IP version: a socket that its datagrams are redirected to, and a flow for each caller.
/// Answers leave through the same socket, and the kernel gives them the port that the caller had asked.
/// </summary>
internal sealed class UdpCapture : IDisposable
{
    /// <summary>
    /// What waits in all flows together, beyond which the newest datagrams are dropped: four callers that send the largest
    /// there are to a workstation that takes none, and thousands that ask for names.
    /// </summary>
    private const int MostWaitingBytes = 16 * 1024 * 1024;

    private const int LongestDatagram = 65535;

    /// <summary>Attempts: the pod may have the other version's port itself.</summary>
    private const int LongestSearch = 8;

    private static readonly NamespaceSocketOptions Options = new(CaptureRules.Mark);

    private readonly Socket _socket;
    private readonly CallerFlows _flows = new();
    private readonly ByteBudget _waiting = new(MostWaitingBytes);
    private readonly PodParts _parts;
    private readonly NetworkNamespace _pod;
    private readonly IPEndPoint _original;
    private readonly PodInsiders _insiders;
    private volatile AgentAttachment? _attachment;

    private UdpCapture(NetworkNamespace pod, IPEndPoint original, int port, PodInsiders insiders, PodParts parts)
    {
        (_pod, _original, _insiders, _parts) = (pod, original, insiders, parts);
        IPAddress any = original.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any;
        _socket = pod.BindUdp(new IPEndPoint(any, port), Options);
    }

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>
    /// For every IP version of a pod, all with the same <see cref="Port"/>: the rules redirect a port whatever the version is,
    /// and where nobody listened datagrams would be lost.
    /// </summary>
    /// <param name="originals">The pod's own addresses, one of each version, with the attached port.</param>
    /// <exception cref="NamespaceException">The namespace cannot be entered.</exception>
    /// <exception cref="SocketException">No port is free in all versions.</exception>
    public static UdpCapture[] Listen(NetworkNamespace pod, IReadOnlyList<IPEndPoint> originals, PodInsiders insiders, PodParts parts)
    {
        for (int attempt = 1; ; attempt++)
        {
            var captures = new List<UdpCapture>();
            try
            {
                foreach (IPEndPoint original in originals)
                {
                    captures.Add(new UdpCapture(pod, original, captures.Count == 0 ? 0 : captures[0].Port, insiders, parts));
                }

                return [.. captures];
            }
            catch (Exception e) when (e is SocketException or NamespaceException)
            {
                captures.ForEach(capture => capture.Dispose());
                if (e is NamespaceException || attempt == LongestSearch)
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Whose the datagrams are; null: the original's.</summary>
    public void Set(AgentAttachment? attachment)
    {
        if (_attachment?.Uid != attachment?.Uid)
        {
            _flows.EndAll();
        }

        _attachment = attachment;
    }

    /// <summary>Until it is disposed.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(LongestDatagram, pinned: true);
        var any = new IPEndPoint(_original.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            SocketReceiveFromResult received;
            try
            {
                received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, any, cancellationToken);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                continue; // An answer that could not be delivered (ICMP): the caller has gone.
            }

            FlowOf((IPEndPoint)received.RemoteEndPoint, cancellationToken).Offer(buffer.AsSpan(0, received.ReceivedBytes));
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _flows.EndAll();
    }

    private UdpFlow FlowOf(IPEndPoint caller, CancellationToken cancellationToken)
    {
        if (_flows.Find(caller) is { } known)
        {
            return known;
        }

        var flow = new UdpFlow(caller, _socket, _waiting, _parts.TimeProvider);
        _flows.Add(flow);
        _parts.Tasks.Run(() => ServeAsync(flow, cancellationToken));
        return flow;
    }

    private async Task ServeAsync(UdpFlow flow, CancellationToken agentStops)
    {
        try
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(agentStops, flow.Ends);
            IPEndPoint original = OriginalFor(flow.Caller);
            bool isOwn = await _insiders.IsOwnAsync(PortProtocol.Udp, flow.Caller, original, ends.Token);
            if (!isOwn && _attachment is { } attachment && _parts.Live.Contains(attachment.Attachment)
                && await _parts.Workstations.TryOpenAsync(OpenFor(attachment, flow.Caller), ends.Token) is { } stream)
            {
                await flow.ToWorkstationAsync(stream, ends.Token);
            }
            else if (isOwn || _attachment is not { WhenUnavailable: WhenUnavailable.Refuse })
            {
                using Socket socket = _pod.OpenSocket(original.AddressFamily, SocketType.Dgram, Options);
                await socket.ConnectAsync(original, ends.Token);
                await flow.ToOriginalAsync(socket, ends.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The next datagram of this caller begins a new flow.
        }
        finally
        {
            _flows.Remove(flow);
            flow.Dispose();
        }
    }

    /// <summary>Whoever asks from a loopback address has asked one: the original may listen there alone.</summary>
    private IPEndPoint OriginalFor(IPEndPoint caller) => IPAddress.IsLoopback(caller.Address)
        ? new IPEndPoint(caller.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Loopback : IPAddress.IPv6Loopback, _original.Port)
        : _original;

    private InboundOpen OpenFor(AgentAttachment attachment, IPEndPoint caller) => new()
    {
        Attachment = attachment.Attachment,
        Port = _original.Port,
        Protocol = PortProtocol.Udp,
        SourceAddress = caller.Address.ToString(),
        SourcePort = caller.Port,
    };
}
