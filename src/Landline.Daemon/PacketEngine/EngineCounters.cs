namespace Landline.Daemon.PacketEngine;

/// <summary>What the packet engine counts instead of logging it.</summary>
internal enum EngineCounter
{
    /// <summary>Frames read from the device.</summary>
    FramesRead,

    /// <summary>Frames that the machine did not take.</summary>
    WritesFailed,

    /// <summary>Not IP, malformed, multicast, or of a protocol that is not carried.</summary>
    Ignored,

    /// <summary>SYNs that opened a stream.</summary>
    SynsHeld,

    /// <summary>SYNs that came again while the first was held.</summary>
    SynsRepeated,

    /// <summary>SYNs let through because the far side accepted.</summary>
    SynsReleased,

    /// <summary>SYNs answered with a RST or an ICMP error.</summary>
    SynsDenied,

    /// <summary>SYNs dropped because too many are held or no port is free.</summary>
    SynsDropped,

    /// <summary>Connections handed to a relay.</summary>
    ConnectionsAccepted,

    /// <summary>Connections that the workstation's side gave up before they were accepted.</summary>
    ConnectionsAbandoned,

    /// <summary>Segments of connections that nobody knows, answered with a RST.</summary>
    SegmentsUnknown,

    /// <summary>UDP and ICMP echo flows opened.</summary>
    FlowsOpened,

    /// <summary>Flows given up for newer ones.</summary>
    FlowsEvicted,

    /// <summary>Datagrams dropped toward the cluster: no credit, or the stream had ended.</summary>
    DatagramsDropped,
}

/// <summary>Counters since the engine started. Any thread counts and any thread reads.</summary>
internal sealed class EngineCounters
{
    private readonly long[] _values = new long[Enum.GetValues<EngineCounter>().Length];

    public long this[EngineCounter counter] => Volatile.Read(ref _values[(int)counter]);

    public void Count(EngineCounter counter) => Interlocked.Increment(ref _values[(int)counter]);
}
