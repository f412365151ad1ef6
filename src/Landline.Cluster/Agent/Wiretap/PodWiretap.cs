using System.Net.Sockets;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Hosting;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>
/// Copies what one pod's attached ports are sent to the attachment's workstation, without touching it: the packets are
/// heard beside the pod's network stack, and whatever is slow or broken on this side costs the copy alone.
/// </summary>
internal sealed class PodWiretap : IAsyncDisposable
{
    /// <summary>Of all copies of a pod together; eight slow ones.</summary>
    public const int MostQueuedBytes = 8 * TrafficCopy.MostQueuedBytes;

    /// <summary>A sender of datagrams that is silent for so long has ended, as for the manager's datagrams.</summary>
    public static readonly TimeSpan DatagramIdle = TimeSpan.FromSeconds(60);

    // Less than a millisecond of work; at 64 KiB each, half of what a copy may hold.
    private const int PacketsPerTake = 16;

    private readonly AgentAttachment _attachment;
    private readonly Func<InboundOpen, CancellationToken, ValueTask<SessionStream?>> _open;
    private readonly SpareTime _spare;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly bool _isFiltered;
    private readonly ByteBudget _budget = new(MostQueuedBytes);
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<Task> _copies = [];
    private readonly PacketTap _tap;
    private readonly TappedTraffic _traffic;

    private PodWiretap(
        AgentAttachment attachment, HttpFilter? filter, PacketTap tap, PacketTapOptions ports,
        Func<InboundOpen, CancellationToken, ValueTask<SessionStream?>> open, SpareTime spare, TimeProvider timeProvider, ILogger logger)
    {
        _attachment = attachment;
        _open = open;
        _spare = spare;
        _timeProvider = timeProvider;
        _logger = logger;
        _isFiltered = filter is not null;
        _tap = tap;
        _traffic = new TappedTraffic(ports.TcpPorts.ToHashSet(), ports.UdpPorts.ToHashSet(), filter, StartCopy, timeProvider);
        Completion = Task.Run(HearAsync);
    }

    /// <summary>Completes when the wiretap hears nothing any more: disposed of, or the kernel took the socket away. Never fails.</summary>
    public Task Completion { get; }

    /// <summary>Nothing is copied now, because the node has no processor time to spare. Any thread may ask.</summary>
    public bool IsResting { get; private set => Volatile.Write(ref field, value); }

    /// <summary>Connections came of late of which nothing was copied, because the filter cannot see their requests. Any thread may ask.</summary>
    public bool MissesRequests => _traffic.Unreadable.CameOfLate;

    /// <param name="pod">The pod's network namespace; not needed any more when this returns.</param>
    /// <param name="mark">SO_MARK of the agent's own connections, which are not copied.</param>
    /// <param name="open">Opens an Inbound stream; null when the workstation does not take it.</param>
    /// <param name="spare">The node's processor time, shared with its other wiretaps.</param>
    /// <exception cref="ArgumentException">The attachment's filter is invalid; the message is one sentence about it.</exception>
    /// <exception cref="NamespaceException">The namespace cannot be entered.</exception>
    /// <exception cref="SocketException">The kernel refused.</exception>
    public static PodWiretap Start(
        AgentAttachment attachment, NetworkNamespace pod, uint mark,
        Func<InboundOpen, CancellationToken, ValueTask<SessionStream?>> open, SpareTime spare, TimeProvider timeProvider, ILogger logger)
    {
        if (!HttpFilter.TryCompile(attachment.Http, out HttpFilter filter, out string? problem))
        {
            throw new ArgumentException(problem, nameof(attachment));
        }

        var options = new PacketTapOptions
        {
            TcpPorts = PortsOf(attachment, PortProtocol.Tcp),
            UdpPorts = PortsOf(attachment, PortProtocol.Udp),
            IgnoredMark = mark,
        };
        return new PodWiretap(
            attachment, attachment.Http is null ? null : filter, PacketTap.Open(pod, options), options, open, spare, timeProvider, logger);
    }

    /// <summary>Resets every copy; returns when nothing of it is left.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Completion;
        await Task.WhenAll(_copies);
        _traffic.Dispose();
        _tap.Dispose();
        _stop.Dispose();
    }

    private static ushort[] PortsOf(AgentAttachment attachment, PortProtocol protocol) =>
        [.. attachment.Ports.Where(port => port.Protocol == protocol).Select(static port => (ushort)port.Port).Distinct()];

    private async Task HearAsync()
    {
        byte[] packet = new byte[PacketTap.LargestPacketBytes];
        try
        {
            for (long heard = 1; ; heard++)
            {
                ValueTask<int> next = _tap.ReceiveAsync(packet, _stop.Token);
                if (!next.IsCompleted && _tap.HasLost())
                {
                    _traffic.LoseConnections();
                }

                int length = await next;
                if (_traffic.Hear(packet.AsSpan(0, length)) is { } copy)
                {
                    await copy.FlushAsync();
                }

                if (heard % PacketsPerTake == 0 && !await _spare.TakeAsync(_stop.Token))
                {
                    await RestAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed of.
        }
        catch (SocketException e)
        {
            WiretapLog.Deaf(_logger, _attachment.Attachment, _attachment.Pod.Namespace, _attachment.Pod.Name, e.SocketErrorCode);
        }
    }

    private async Task RestAsync()
    {
        _tap.StopHearing();
        _traffic.LoseConnections();
        WiretapLog.Rests(_logger, _attachment.Attachment, _attachment.Pod.Namespace, _attachment.Pod.Name);
        IsResting = true;
        await _spare.RestAsync(_stop.Token);
        _tap.HearAgain();
        IsResting = false;
    }

    private TrafficCopy StartCopy(FlowKey flow, PortProtocol protocol)
    {
        var payload = new InboundOpen
        {
            Attachment = _attachment.Attachment,
            Port = flow.CalledPort,
            Protocol = protocol,
            SourceAddress = flow.Caller.ToString(),
            SourcePort = flow.CallerPort,
            Http = _isFiltered && protocol == PortProtocol.Tcp,
            Copy = true,
        };
        var copy = new TrafficCopy(
            cancellationToken => _open(payload, cancellationToken), _budget,
            protocol == PortProtocol.Udp ? DatagramIdle : null, _timeProvider);
        _copies.RemoveWhere(static task => task.IsCompleted);
        _copies.Add(Task.Run(() => copy.RunAsync(_stop.Token)));
        return copy;
    }
}
