using Landline.Cluster.Manager.Dns;
using Landline.Cluster.Manager.Outbound;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>What the manager does for a workstation, by kind of stream.</summary>
internal sealed class StreamServices(TcpStreams tcp, DatagramStreams datagrams, DnsStreams dns, ControlStreams control)
{
    /// <summary>Serves a Workload stream; set once, before the first session. Null = none is accepted.</summary>
    public Func<WorkstationPeer, SessionStream, CancellationToken, Task>? OnWorkload { get; set; }

    /// <summary>Accepts or refuses; returns when the stream is over.</summary>
    public Task ServeAsync(WorkstationPeer workstation, SessionStream stream, CancellationToken cancellationToken)
    {
        switch (stream.Kind)
        {
            case StreamKind.Tcp:
                return tcp.ServeAsync(stream, cancellationToken);
            case StreamKind.Udp:
                return datagrams.ServeUdpAsync(stream, cancellationToken);
            case StreamKind.Echo:
                return datagrams.ServeEchoAsync(stream, cancellationToken);
            case StreamKind.Dns:
                return dns.ServeAsync(stream, cancellationToken);
            case StreamKind.Control:
                return control.ServeAsync(workstation, stream, cancellationToken);
            case StreamKind.Workload when OnWorkload is { } serve:
                return serve(workstation, stream, cancellationToken);
            default:
                stream.Refuse(new(StreamEndCode.Unavailable, $"the manager serves no {stream.Kind} streams"));
                return Task.CompletedTask;
        }
    }
}
