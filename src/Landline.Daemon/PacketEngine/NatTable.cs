using Landline.Networking.Packets;
using Landline.Protocol.Streams;

namespace Landline.Daemon.PacketEngine;

/// <summary>
/// The TCP connections of one IP version: which port of the peer stands for which flow. Bounded by the ports there are;
/// when none is free the oldest closing connection gives way, and a live one never does. Any thread.
/// </summary>
internal sealed class NatTable(TimeProvider timeProvider)
{
    /// <summary>Ports below are left out for the sake of whoever reads a capture.</summary>
    public const int FirstPort = 1024;

    public const int Ports = 65_536 - FirstPort;

    /// <summary>How long the kernel may take from the SYN to the accepted socket; it takes microseconds.</summary>
    public static readonly TimeSpan AcceptPatience = TimeSpan.FromSeconds(10);

    /// <summary>After the last words of both sides: time to repeat one that was lost.</summary>
    public static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A closing connection may still deliver to a process that reads slowly; while that stalls, the kernel asks every two
    /// minutes at most whether there is room (TCP_RTO_MAX). Counted from the last segment.
    /// </summary>
    public static readonly TimeSpan ClosingPatience = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private readonly NatEntry?[] _byPort = new NatEntry?[65_536];
    private readonly Dictionary<FlowKey, NatEntry> _byFlow = [];

    // Ports that were never used come first, then the one released longest ago: the kernel keeps the state of the
    // previous connection on a port for a while (TIME_WAIT, 60 s).
    private readonly Queue<ushort> _freePorts = new();
    private int _unusedPort = FirstPort;

    // Each in the order of time, so that a sweep looks only at what is due; the middle one is looked through.
    private readonly Queue<NatEntry> _offered = new();
    private readonly List<NatEntry> _closing = [];
    private readonly Queue<NatEntry> _finished = new();

    public int Count { get; private set; }

    /// <summary>A new connection. Null = every port has a live connection.</summary>
    public NatEntry? Offer(FlowKey flow, uint initialSequenceNumber, SessionStream? stream)
    {
        lock (_lock)
        {
            if (!TryTakePortLocked(out ushort port))
            {
                return null;
            }

            // An older connection between the same ports has ended for the process that opens this one.
            if (_byFlow.TryGetValue(flow, out NatEntry? older))
            {
                older.Reset = true;
            }

            var entry = new NatEntry(flow, initialSequenceNumber, port, stream) { Since = timeProvider.GetTimestamp() };
            _byPort[port] = entry;
            _byFlow[flow] = entry;
            _offered.Enqueue(entry);
            Count++;
            return entry;
        }
    }

    /// <summary>The connection that a segment from the process belongs to.</summary>
    public NatEntry? FindByFlow(in FlowKey flow, TcpControl control)
    {
        lock (_lock)
        {
            if (!_byFlow.TryGetValue(flow, out NatEntry? entry))
            {
                return null;
            }

            entry.FinFromProcess |= (control & TcpControl.Fin) != 0;
            NoteLocked(entry, control);
            return entry;
        }
    }

    /// <summary>
    /// The connection that a segment from the listener belongs to. Null also when the process has meanwhile opened
    /// another one between the same ports, which the old one's segments would only disturb.
    /// </summary>
    public NatEntry? FindByPort(ushort port, TcpControl control)
    {
        lock (_lock)
        {
            if (_byPort[port] is not { } entry || !IsCurrentLocked(entry))
            {
                return null;
            }

            entry.FinFromListener |= (control & TcpControl.Fin) != 0;
            NoteLocked(entry, control);
            return entry;
        }
    }

    /// <summary>Matches an accepted socket by its peer's port. Null = nobody waits for it.</summary>
    public NatEntry? Accept(ushort port)
    {
        lock (_lock)
        {
            if (_byPort[port] is not { State: NatState.Offered } entry)
            {
                return null;
            }

            entry.State = NatState.Connected;
            return entry;
        }
    }

    /// <summary>The relay has ended; the port is free once the kernel's last words have passed.</summary>
    public void Release(NatEntry entry)
    {
        lock (_lock)
        {
            if (entry.State is NatState.Offered or NatState.Connected)
            {
                CloseLocked(entry);
            }
        }
    }

    /// <summary>
    /// To be called about every second. Frees ports and returns connections that were offered and never accepted: the
    /// process has given up meanwhile, and their streams are the caller's to reset.
    /// </summary>
    public List<NatEntry> Sweep()
    {
        lock (_lock)
        {
            List<NatEntry> abandoned = [];
            while (_offered.TryPeek(out NatEntry? entry)
                && (entry.State != NatState.Offered || entry.Reset || IsOlderLocked(entry, AcceptPatience)))
            {
                _offered.Dequeue();
                if (entry.State == NatState.Offered)
                {
                    CloseLocked(entry);
                    abandoned.Add(entry);
                }
            }

            _closing.RemoveAll(SettleLocked);
            while (_finished.TryPeek(out NatEntry? entry) && (entry.State == NatState.Released || IsOlderLocked(entry, LastWords)))
            {
                _finished.Dequeue();
                FreeLocked(entry);
            }

            return abandoned;
        }
    }

    private bool TryTakePortLocked(out ushort port)
    {
        if (_unusedPort <= ushort.MaxValue)
        {
            port = (ushort)_unusedPort++;
            return true;
        }

        if (_freePorts.Count == 0 && OldestClosingLocked() is { } oldest)
        {
            FreeLocked(oldest);
        }

        return _freePorts.TryDequeue(out port);
    }

    private NatEntry? OldestClosingLocked()
    {
        while (_finished.TryDequeue(out NatEntry? entry))
        {
            if (entry.State != NatState.Released)
            {
                return entry;
            }
        }

        return _closing.Where(static entry => entry.State != NatState.Released).MinBy(static entry => entry.Since);
    }

    private void NoteLocked(NatEntry entry, TcpControl control)
    {
        entry.Reset |= (control & TcpControl.Rst) != 0;
        if (entry.State == NatState.Closing)
        {
            entry.Since = timeProvider.GetTimestamp();
        }
    }

    private void CloseLocked(NatEntry entry)
    {
        entry.State = NatState.Closing;
        entry.Since = timeProvider.GetTimestamp();
        _closing.Add(entry);
    }

    // True = no longer in the list of those that are looked through.
    private bool SettleLocked(NatEntry entry)
    {
        if (entry.State == NatState.Released)
        {
            return true;
        }

        if (entry.IsFinished)
        {
            entry.Since = timeProvider.GetTimestamp();
            _finished.Enqueue(entry);
            return true;
        }

        if (IsOlderLocked(entry, ClosingPatience))
        {
            FreeLocked(entry);
            return true;
        }

        return false;
    }

    private void FreeLocked(NatEntry entry)
    {
        if (entry.State == NatState.Released)
        {
            return;
        }

        if (IsCurrentLocked(entry))
        {
            _byFlow.Remove(entry.Flow);
        }

        entry.State = NatState.Released;
        _byPort[entry.Port] = null;
        _freePorts.Enqueue(entry.Port);
        Count--;
    }

    private bool IsCurrentLocked(NatEntry entry) =>
        _byFlow.TryGetValue(entry.Flow, out NatEntry? current) && ReferenceEquals(current, entry);

    private bool IsOlderLocked(NatEntry entry, TimeSpan age) => timeProvider.GetElapsedTime(entry.Since) > age;
}
