using System.Buffers.Binary;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Networking.Packets;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>
/// What a wiretap hears, packet by packet, and the copies that come of it. A connection is copied from its SYN on, so
/// one that was open before is not; datagrams are copied by sender. Not thread-safe.
/// </summary>
/// <param name="start">Begins a copy of what was called there.</param>
/// <param name="filter">Null: every byte of every connection.</param>
internal sealed class TappedTraffic(
    IReadOnlySet<ushort> tcpPorts,
    IReadOnlySet<ushort> udpPorts,
    HttpFilter? filter,
    Func<FlowKey, PortProtocol, TrafficCopy> start,
    TimeProvider timeProvider) : IDisposable
{
    /// <summary>Of connections, and of senders of datagrams. For a new one the one that was silent longest is forgotten.</summary>
    public const int MostFlows = 1024;

    /// <summary>Of all connections together, beyond gaps.</summary>
    public const int MostWaitingBytes = 8 * 1024 * 1024;

    /// <summary>Of the length in front of each datagram; it takes the place of the checksum in the UDP header.</summary>
    private const int PrefixBytes = sizeof(ushort);

    private readonly Dictionary<FlowKey, TappedConnection> _connections = [];
    private readonly Dictionary<FlowKey, (TrafficCopy Copy, long LastHeard)> _senders = [];
    private readonly FragmentAssembler _fragments = new(timeProvider);
    private int _waitingBytes;

    /// <summary>Connections of which nothing was copied, because the filter cannot see their requests.</summary>
    public UnreadableConnections Unreadable { get; } = new(timeProvider);

    public int Flows => _connections.Count + _senders.Count;

    /// <param name="bytes">From the IP header on; may be changed.</param>
    /// <returns>The copy that got something, to be flushed; null when none did.</returns>
    public TrafficCopy? Hear(Span<byte> bytes)
    {
        if (!IpPacket.TryParse(bytes, out IpPacket packet))
        {
            return null;
        }

        if (packet.FragmentInfo.IsFragment)
        {
            // TCP does not send any.
            return packet.Protocol == IpProtocol.Udp && _fragments.Add(packet) is { } whole && IpPacket.TryParse(whole, out packet)
                ? HearDatagram(packet)
                : null;
        }

        return packet.Protocol switch
        {
            IpProtocol.Tcp => HearSegment(packet),
            IpProtocol.Udp => HearDatagram(packet),
            _ => null,
        };
    }

    /// <summary>Packets were lost: of no connection that is open is it known that it lacks none, its end for one.</summary>
    public void LoseConnections()
    {
        foreach (TappedConnection connection in _connections.Values)
        {
            connection.Lose();
            connection.Dispose();
        }

        _connections.Clear();
        _waitingBytes = 0;
    }

    public void Dispose()
    {
        foreach (TappedConnection connection in _connections.Values)
        {
            connection.Dispose();
        }

        foreach ((TrafficCopy copy, _) in _senders.Values)
        {
            copy.End();
        }
    }

    private TrafficCopy? HearSegment(in IpPacket packet)
    {
        if (!TappedSegment.TryParse(packet, out TappedSegment segment))
        {
            return null;
        }

        if (segment.IsOpening && tcpPorts.Contains(segment.Key.CalledPort))
        {
            Begin(segment);
        }

        if (!_connections.TryGetValue(segment.Key, out TappedConnection? connection))
        {
            // Of what goes the other way only resets are heard.
            if (segment.IsReset && _connections.TryGetValue(segment.Key.Reversed, out TappedConnection? answered))
            {
                Forget(segment.Key.Reversed, answered);
            }

            return null;
        }

        connection.LastHeard = timeProvider.GetTimestamp();
        _waitingBytes -= connection.WaitingBytes;
        bool goesOn = connection.Add(segment);
        _waitingBytes += connection.WaitingBytes;
        if (_waitingBytes > MostWaitingBytes)
        {
            connection.Lose();
            goesOn = false;
        }

        TrafficCopy? copy = connection.Copy;
        if (!goesOn)
        {
            if (connection.IsUnreadable)
            {
                Unreadable.Note();
            }

            Forget(segment.Key, connection);
            return null;
        }

        return copy;
    }

    private void Begin(in TappedSegment segment)
    {
        if (_connections.TryGetValue(segment.Key, out TappedConnection? known))
        {
            if (known.Sequence == segment.Sequence)
            {
                return;
            }

            Forget(segment.Key, known);
        }

        if (_connections.Count >= MostFlows)
        {
            (FlowKey oldest, TappedConnection silent) = _connections.MinBy(static one => one.Value.LastHeard);
            silent.Lose();
            Forget(oldest, silent);
        }

        FlowKey key = segment.Key;
        _connections.Add(key, new TappedConnection(segment.Sequence, filter, () => start(key, PortProtocol.Tcp)));
    }

    private void Forget(FlowKey key, TappedConnection connection)
    {
        _waitingBytes -= connection.WaitingBytes;
        _connections.Remove(key);
        connection.Dispose();
    }

    private TrafficCopy? HearDatagram(in IpPacket packet)
    {
        Span<byte> bytes = packet.Payload;
        if (!UdpDatagram.TryParse(bytes, out UdpDatagram datagram) || !udpPorts.Contains(datagram.DestinationPort))
        {
            return null;
        }

        var key = new FlowKey(packet.Source, datagram.SourcePort, packet.Destination, datagram.DestinationPort);
        int prefix = UdpDatagram.HeaderBytes - PrefixBytes;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[prefix..], (ushort)datagram.Data.Length);
        TrafficCopy copy = CopyOf(key);

        // One that does not fit is dropped, as any router would.
        return copy.TryWrite(bytes.Slice(prefix, PrefixBytes + datagram.Data.Length)) ? copy : null;
    }

    private TrafficCopy CopyOf(FlowKey sender)
    {
        if (!_senders.TryGetValue(sender, out (TrafficCopy Copy, long LastHeard) known) || known.Copy.IsOver)
        {
            if (_senders.Count >= MostFlows)
            {
                (FlowKey oldest, (TrafficCopy silent, _)) = _senders.MinBy(static one => one.Value.LastHeard);
                silent.End();
                _senders.Remove(oldest);
            }

            known.Copy?.End();
            known.Copy = start(sender, PortProtocol.Udp);
        }

        _senders[sender] = (known.Copy, timeProvider.GetTimestamp());
        return known.Copy;
    }
}
