using System.ComponentModel;
using System.Net.Sockets;
using Landline.Networking.Packets;
using Landline.Networking.Tun;
using Landline.Protocol.Loops;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.PacketEngine;

/// <summary>
/// Carries what the machine sends into the TUN device through the current session: TCP connections, UDP and ICMP echo,
/// IPv4 and IPv6. Owns the device from <see cref="Start"/> on, and reads it in the session's event loop, so that a packet
/// and the bytes that come of it stay on one thread.
/// </summary>
internal sealed class TunEngine : IAsyncDisposable
{
    /// <summary>Far more resolvers, QUIC clients and the like than one machine has; each costs a stream.</summary>
    public const int MostUdpFlows = 4096;

    public const int MostEchoFlows = 512;

    // As many as a busy connection has on their way. Then sockets and link come first.
    private const int FramesPerRound = 32;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromSeconds(1);

    private readonly TunDevice _tun;
    private readonly IReadOnlyList<TunAddresses> _addresses;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<TunEngine> _logger;
    private readonly PacketSender _sender;
    private readonly List<TcpGate> _gates;
    private readonly DatagramFlows _udp;
    private readonly DatagramFlows _echoes;
    private readonly FragmentAssembler _fragments;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _sweeper;
    private Readiness? _readiness;
    private volatile bool _isLeaving;
    private volatile bool _stopping;

    /// <param name="addresses">Of the device, which is up: at most one pair for each IP version. Other packets are ignored.</param>
    /// <param name="currentSession">Asked for each new connection and flow; null = there is none.</param>
    public TunEngine(
        TunDevice tun,
        IReadOnlyList<TunAddresses> addresses,
        Func<Session?> currentSession,
        TimeProvider timeProvider,
        ILogger<TunEngine> logger)
    {
        _tun = tun;
        _addresses = addresses;
        _timeProvider = timeProvider;
        _logger = logger;
        _sender = new PacketSender(tun.TryWrite, tun.HeaderBytes, Counters);
        _fragments = new FragmentAssembler(timeProvider);
        _udp = new DatagramFlows(new UdpForm(), MostUdpFlows, _sender, currentSession, Counters, timeProvider, logger);
        _echoes = new DatagramFlows(new EchoForm(), MostEchoFlows, _sender, currentSession, Counters, timeProvider, logger);
        _gates = [.. addresses.Select(pair => new TcpGate(pair, _sender, currentSession, Counters, timeProvider, logger))];
    }

    public EngineCounters Counters { get; } = new();

    /// <summary>TCP connections in the NAT tables, closing ones included.</summary>
    public int Connections => _gates.Sum(static gate => gate.Connections);

    /// <summary>UDP and ICMP echo flows.</summary>
    public int Flows => _udp.Count + _echoes.Count;

    /// <summary>Completes when the engine was disposed, or with an exception when the device is gone.</summary>
    public Task Ended => _ended.Task;

    /// <exception cref="System.Net.Sockets.SocketException">An address is not on the device.</exception>
    public void Start()
    {
        _gates.ForEach(static gate => gate.Start());
        PacketEngineLog.Started(_logger, string.Join(", ", _addresses.Select(static pair => pair.Workstation)));
        _sweeper = _timeProvider.CreateTimer(_ => Sweep(), null, SweepPeriod, SweepPeriod);
        _readiness = EventLoop.Main.Watch(_tun.Descriptor);
        _ = ReadDeviceAsync(_readiness);
    }

    /// <summary>
    /// Whether the machine's firewall lets connections of an IP version in by the device; it does where the device has no
    /// address of that version. After <see cref="Start"/>, one call for each version at a time.
    /// </summary>
    public Task<bool> AdmitsAsync(AddressFamily version, CancellationToken cancellationToken) =>
        _gates.Find(gate => gate.Peer.IsV6 == (version == AddressFamily.InterNetworkV6))?.AdmitsAsync(cancellationToken)
            ?? Task.FromResult(true);

    /// <summary>From now on somebody takes the device away: it is no loss.</summary>
    public void ExpectEnd() => _isLeaving = true;

    /// <summary>Resets every connection, ends every flow and closes the device.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _readiness?.Dispose();
        if (_sweeper is not null)
        {
            await _sweeper.DisposeAsync();
            await Task.WhenAny(_ended.Task); // Not its exception: a lost device is no reason to leave the rest undone.
        }

        foreach (TcpGate gate in _gates)
        {
            await gate.DisposeAsync();
        }

        await _udp.DisposeAsync();
        await _echoes.DisposeAsync();
        _tun.Dispose();
    }

    private async Task ReadDeviceAsync(Readiness readiness)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(TunDevice.LargestFrameBytes, pinned: true);
        try
        {
            while (!_stopping)
            {
                await readiness.WaitReadableAsync();
                for (int frames = 1; !_stopping && _tun.TryRead(buffer) is > 0 and var size; frames++)
                {
                    Counters.Count(EngineCounter.FramesRead);
                    HandleSafely(buffer.AsSpan(0, size));
                    if (frames % FramesPerRound == 0)
                    {
                        await readiness.NextRoundAsync();
                    }
                }
            }

            _ended.TrySetResult();
        }
        catch (Exception e) when ((e is ObjectDisposedException && _stopping) || (e is Win32Exception && _isLeaving))
        {
            _ended.TrySetResult();
        }
        catch (Exception e)
        {
            PacketEngineLog.DeviceLost(_logger, e);
            _ended.TrySetException(e);
        }
    }

    // One packet that brings out a mistake of ours must not end the network of the whole machine.
    private void HandleSafely(Span<byte> frame)
    {
        try
        {
            Handle(frame);
        }
        catch (Exception e)
        {
            PacketEngineLog.PacketFailed(_logger, e);
        }
    }

    private void Handle(Span<byte> frame)
    {
        if (frame.Length <= _sender.HeaderBytes || !IpPacket.TryParse(frame[_sender.HeaderBytes..], out IpPacket packet)
            || packet.Destination.IsMulticast
            || GateOf(packet) is not { } gate)
        {
            Counters.Count(EngineCounter.Ignored);
            return;
        }

        if (!packet.FragmentInfo.IsFragment)
        {
            Dispatch(frame, packet, gate);
        }
        else if (_fragments.Add(packet) is { } whole)
        {
            byte[] wholeFrame = new byte[_sender.HeaderBytes + whole.Length];
            whole.CopyTo(wholeFrame, _sender.HeaderBytes);
            if (IpPacket.TryParse(wholeFrame.AsSpan(_sender.HeaderBytes), out packet))
            {
                Dispatch(wholeFrame, packet, gate);
            }
        }
    }

    private void Dispatch(Span<byte> frame, in IpPacket packet, TcpGate gate)
    {
        switch (packet.Protocol)
        {
            case IpProtocol.Tcp:
                gate.HandleOutbound(frame, packet, _sender.IsChecksumPartial(frame));
                break;
            case IpProtocol.Udp when packet.Destination != gate.Peer && UdpDatagram.TryParse(packet.Payload, out UdpDatagram datagram):
                SendUdp(frame, packet, datagram, gate.Peer);
                break;
            case IpProtocol.Icmp or IpProtocol.IcmpV6
                when packet.Destination != gate.Peer
                    && IcmpEcho.TryParse(packet.Payload, packet.IsV6, out IcmpEcho echo) && echo.IsRequest:
                _echoes.Send(
                    new FlowKey(packet.Source, echo.Identifier, packet.Destination, 0), echo.Message, packet, gate.Peer);
                break;
            default:
                Counters.Count(EngineCounter.Ignored);
                break;
        }
    }

    // A process that sends with UDP_SEGMENT hands over several datagrams as one.
    private void SendUdp(ReadOnlySpan<byte> frame, in IpPacket packet, UdpDatagram datagram, PacketAddress peer)
    {
        var key = new FlowKey(packet.Source, datagram.SourcePort, packet.Destination, datagram.DestinationPort);
        ReadOnlySpan<byte> data = datagram.Data;
        int segment = _sender.HeaderBytes == 0 ? 0 : VnetHeader.UdpSegmentBytes(frame);
        while (segment > 0 && data.Length > segment)
        {
            _udp.Send(key, data[..segment], packet, peer);
            data = data[segment..];
        }

        _udp.Send(key, data, packet, peer);
    }

    private void Sweep()
    {
        _gates.ForEach(static gate => gate.Sweep());
        _udp.Sweep();
        _echoes.Sweep();
    }

    // Null = the device has no address of this IP version, so nobody asked for such packets.
    private TcpGate? GateOf(in IpPacket packet)
    {
        foreach (TcpGate gate in _gates)
        {
            if (gate.Peer.IsV6 == packet.IsV6)
            {
                return gate;
            }
        }

        return null;
    }
}
