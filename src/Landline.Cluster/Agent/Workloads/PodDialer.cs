using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Agent.Containers;
using Landline.Cluster.Manager.Outbound;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Agent.Workloads;

/// <summary>
/// Connects a stream with a port of a pod, from inside the pod: first over loopback, where a port that is not meant for
/// others may listen alone, then at the pod's own addresses.
/// </summary>
internal sealed class PodDialer(uint mark, TimeProvider timeProvider)
{
    /// <summary>As long as the manager's own; inside a pod an answer takes microseconds unless a firewall drops it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>Returns when the stream is over.</summary>
    /// <exception cref="StreamEndedException">The connection failed; the stream has not been accepted.</exception>
    /// <exception cref="NamespaceException">The pod cannot be entered; the stream has not been accepted.</exception>
    public async Task ServeAsync(
        SessionStream stream, WorkloadOpen open, AgentPod pod, ContainerProcess process, CancellationToken cancellationToken)
    {
        if (open.Protocol == PortProtocol.Udp)
        {
            await ServeUdpAsync(stream, process, open.Port, cancellationToken);
            return;
        }

        Socket socket = await DialAsync(stream, pod, process, open.Port, cancellationToken);
        stream.Accept();
        await SocketRelay.RunAsync(socket, stream, cancellationToken);
    }

    /// <summary>A datagram that nobody takes comes back as an error only later: there is nothing to wait for and no second try.</summary>
    private async Task ServeUdpAsync(SessionStream stream, ContainerProcess process, int port, CancellationToken cancellationToken)
    {
        var target = new IPEndPoint(IPAddress.Loopback, port);
        using Socket socket = OpenUdp(process);
        await socket.ConnectAsync(target, cancellationToken);
        stream.Accept();
        await new FramedDatagrams(socket, stream, timeProvider).RunAsync(target.ToString(), cancellationToken);
    }

    private Socket OpenUdp(ContainerProcess process)
    {
        using NetworkNamespace network = NetworkNamespace.Open(process.NetworkNamespacePath);
        return network.OpenSocket(AddressFamily.InterNetwork, SocketType.Dgram, new NamespaceSocketOptions(mark, ReuseAddress: false));
    }

    private async Task<Socket> DialAsync(
        SessionStream stream, AgentPod pod, ContainerProcess process, int port, CancellationToken cancellationToken)
    {
        using NetworkNamespace network = NetworkNamespace.Open(process.NetworkNamespacePath);
        using var deadline = new CancellationTokenSource(Deadline, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);

        // Whoever gives up while the dial is under way must not leave it running for the rest of its time.
        Task<Socket> dialling = DialFirstAsync(network, pod, port, either.Token);
        if (await Task.WhenAny(dialling, stream.Completion) != dialling)
        {
            await either.CancelAsync();
        }

        try
        {
            return await dialling;
        }
        catch (OperationCanceledException)
        {
            throw new StreamEndedException(deadline.IsCancellationRequested
                ? new(StreamEndCode.TimedOut, $"port {port} of pod {pod.Name} did not answer the agent")
                : new(StreamEndCode.Canceled, "nobody waits for this connection any more"));
        }
    }

    private async Task<Socket> DialFirstAsync(NetworkNamespace network, AgentPod pod, int port, CancellationToken cancellationToken)
    {
        SocketException? failure = null;
        foreach (IPAddress address in AddressesOf(pod))
        {
            try
            {
                return await network.ConnectAsync(
                    new IPEndPoint(address, port), new NamespaceSocketOptions(mark, ReuseAddress: false), cancellationToken);
            }
            catch (SocketException e)
            {
                // The first one says most: that IPv6 is switched off is no news to anybody.
                failure ??= e;
            }
            catch (NamespaceException) when (failure is not null && address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                // The kernel has no IPv6 sockets.
            }
        }

        StreamEnd end = DialFailure.Of(failure!, $"port {port} of pod {pod.Name}");
        throw new StreamEndedException(end.Code == StreamEndCode.Refused
            ? end
            : end with { Detail = $"the agent could not connect to port {port} of pod {pod.Name} ({failure!.SocketErrorCode})" });
    }

    private static IEnumerable<IPAddress> AddressesOf(AgentPod pod) =>
    [
        IPAddress.Loopback,
        .. pod.Addresses.Select(static text => IPAddress.TryParse(text, out IPAddress? address) ? address : null).OfType<IPAddress>(),
        IPAddress.IPv6Loopback,
    ];
}
