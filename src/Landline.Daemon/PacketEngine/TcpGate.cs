using System.Net;
using System.Net.Sockets;
using Landline.Networking.Packets;
using Landline.Protocol.Api;
using Landline.Protocol.Loops;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.PacketEngine;

/// <summary>
/// TCP of one IP version. The workstation's kernel terminates it: packets between a process and the cluster become
/// packets between the peer's address and a listener on the device's address, and back, with the NAT table in between.
/// A SYN is held until the far side has answered the dial.
/// <para>
/// Threads: <see cref="HandleOutbound"/> and accepting are the event loop's alone. Answers to dials come on the thread that
/// reads the link, sweeps on a timer. What they share is the two tables, each with its lock; no lock is held across a call to a session, a
/// socket or the device.
/// </para>
/// </summary>
internal sealed partial class TcpGate : IAsyncDisposable
{
    private readonly PacketAddress _workstation;
    private readonly IPAddress _listenAddress;
    private readonly Socket _listener;
    private readonly PacketSender _sender;
    private readonly Func<Session?> _currentSession;
    private readonly EngineCounters _counters;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly NatTable _table;
    private readonly HeldSyns _held;
    private readonly OpenWork _work = new();
    private readonly CancellationTokenSource _closing = new();
    private Readiness? _listenerReadiness;
    private ushort _listenerPort;

    /// <param name="currentSession">Asked for each new connection; null = there is none.</param>
    public TcpGate(
        TunAddresses addresses,
        PacketSender sender,
        Func<Session?> currentSession,
        EngineCounters counters,
        TimeProvider timeProvider,
        ILogger logger)
    {
        _workstation = PacketAddress.From(addresses.Workstation);
        Peer = PacketAddress.From(addresses.Peer);
        _sender = sender;
        _currentSession = currentSession;
        _counters = counters;
        _timeProvider = timeProvider;
        _logger = logger;
        _table = new NatTable(timeProvider);
        _held = new HeldSyns(timeProvider);
        _listenAddress = addresses.Workstation;
        _listener = new Socket(_listenAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    }

    /// <summary>The other end of every connection that the listener accepts.</summary>
    public PacketAddress Peer { get; }

    public int Connections => _table.Count;

    /// <summary>Listens; to be called once, before any packet comes.</summary>
    /// <exception cref="SocketException">The workstation's address is not on the device.</exception>
    public void Start()
    {
        _listener.Bind(new IPEndPoint(_listenAddress, 0));
        _listenerPort = (ushort)((IPEndPoint)_listener.LocalEndPoint!).Port;

        // The kernel cuts this down to net.core.somaxconn, 4096 by default.
        _listener.Listen(NatTable.Ports);
        _listener.Blocking = false;
        _listenerReadiness = EventLoop.Main.Watch(_listener.SafeHandle);
        Begin(() => AcceptAsync(_listenerReadiness));
    }

    /// <summary>Takes one TCP packet that the machine sent into the device. May rewrite the frame in place.</summary>
    /// <param name="frame">The vnet header and <paramref name="packet"/>.</param>
    public void HandleOutbound(Span<byte> frame, in IpPacket packet, bool checksumIsPartial)
    {
        if (!TcpSegment.TryParse(packet.Payload, out TcpSegment segment))
        {
            _counters.Count(EngineCounter.Ignored);
            return;
        }

        if (packet.Destination == Peer)
        {
            HandleFromListener(frame, packet, segment, checksumIsPartial);
            return;
        }

        var flow = new FlowKey(packet.Source, segment.SourcePort, packet.Destination, segment.DestinationPort);
        NatEntry? entry = _table.FindByFlow(flow, segment.Flags);
        if (segment.IsOpening && entry?.InitialSequenceNumber != segment.SequenceNumber)
        {
            HandleSyn(frame, packet, flow, segment.SequenceNumber);
        }
        else if (entry is not null)
        {
            TcpRewriter.Rewrite(packet, Peer, entry.Port, _workstation, _listenerPort, checksumIsPartial);
            _sender.SendFrame(frame);
        }
        else if ((segment.Flags & TcpControl.Rst) == 0)
        {
            // A connection of an engine before this one: without an answer its process would wait for a quarter of an hour.
            _counters.Count(EngineCounter.SegmentsUnknown);
            _sender.SendReset(packet);
        }
    }

    /// <summary>To be called about every second, on any thread, one call at a time.</summary>
    public void Sweep()
    {
        foreach (NatEntry entry in _table.Sweep())
        {
            _counters.Count(EngineCounter.ConnectionsAbandoned);
            entry.Stream?.Reset(new StreamEnd(StreamEndCode.Canceled, "the process on the workstation has given up connecting"));
        }

        foreach (HeldSyn syn in _held.RemoveAbandoned())
        {
            _counters.Count(EngineCounter.ConnectionsAbandoned);
            syn.Stream?.Reset(new StreamEnd(StreamEndCode.Canceled, "the process on the workstation has given up connecting"));
        }
    }

    /// <summary>Resets every connection. The device is not read any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listenerReadiness?.Dispose();
        _listener.Dispose();
        foreach (HeldSyn syn in _held.RemoveAll())
        {
            syn.Stream?.Reset(new StreamEnd(StreamEndCode.Canceled, "the workstation disconnects"));
        }

        await _work.CloseAsync();
        _closing.Dispose();
    }

    private void HandleFromListener(Span<byte> frame, in IpPacket packet, TcpSegment segment, bool checksumIsPartial)
    {
        if (TakeTestAnswer(packet, segment))
        {
            return;
        }

        NatEntry? entry = packet.Source == _workstation && segment.SourcePort == _listenerPort
            ? _table.FindByPort(segment.DestinationPort, segment.Flags)
            : null;
        if (entry is null)
        {
            _counters.Count(EngineCounter.Ignored);
            return;
        }

        FlowKey flow = entry.Flow;
        TcpRewriter.Rewrite(packet, flow.Destination, flow.DestinationPort, flow.Source, flow.SourcePort, checksumIsPartial);
        _sender.SendFrame(frame);
    }

    private void HandleSyn(Span<byte> frame, in IpPacket packet, FlowKey flow, uint sequenceNumber)
    {
        if (_held.IsRepeated(flow, sequenceNumber, out HeldSyn? superseded))
        {
            _counters.Count(EngineCounter.SynsRepeated);
            return;
        }

        superseded?.Stream?.Reset(new StreamEnd(StreamEndCode.Canceled, "the process on the workstation tries again"));
        if (_currentSession() is not { } session)
        {
            _counters.Count(EngineCounter.SynsDenied);
            _sender.SendUnreachable(packet, Peer, UnreachableReason.Network);
            return;
        }

        if (_held.IsFull)
        {
            _counters.Count(EngineCounter.SynsDropped);
            return;
        }

        // While the session reconnects the stream waits in it, and the SYN here, until it is back or the kernel gives up.
        _counters.Count(EngineCounter.SynsHeld);
        Span<byte> target = stackalloc byte[DialTarget.LongestBytes];
        int size = DialTarget.Write(target, DialTarget.To(flow.Destination.ToIPAddress(), flow.DestinationPort));
        SessionStream stream = session.Open(StreamKind.Tcp, target[..size]);
        byte[] copy = frame[..(_sender.HeaderBytes + packet.Bytes.Length)].ToArray();
        var syn = new HeldSyn(flow, sequenceNumber, copy, stream, _timeProvider.GetTimestamp());
        _held.Add(syn);
        Begin(() => AwaitDialAsync(syn, stream));
    }

    // False = the engine is closing.
    private bool Begin(Func<Task> work)
    {
        bool begins = _work.TryBegin();
        if (begins)
        {
            _ = RunAsync(work);
        }

        return begins;
    }

    private async Task RunAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            PacketEngineLog.ConnectionFailed(_logger, e);
        }
        finally
        {
            _work.End();
        }
    }
}
