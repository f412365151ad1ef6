using Landline.Protocol.Streams;

namespace Landline.Daemon.PacketEngine;

/// <summary>A SYN that waits for the far side's answer. Made by the event loop; whoever removes it from the table acts on it.</summary>
/// <param name="frame">A copy of the whole frame, vnet header included.</param>
/// <param name="heldAt">Timestamp.</param>
internal sealed class HeldSyn(FlowKey flow, uint initialSequenceNumber, byte[] frame, SessionStream? stream, long heldAt)
{
    // The kernel doubles its pauses (it starts with some of one second, net.ipv4.tcp_syn_linear_timeouts).
    private static readonly TimeSpan LongestFirstPause = TimeSpan.FromSeconds(2);

    private TimeSpan _longestPause = LongestFirstPause;
    private long _lastSeen = heldAt;

    public FlowKey Flow { get; } = flow;

    public uint InitialSequenceNumber { get; } = initialSequenceNumber;

    public byte[] Frame { get; } = frame;

    /// <summary>Being opened. Null only where a test needs none.</summary>
    public SessionStream? Stream { get; } = stream;

    /// <summary>The kernel has repeated the SYN, so somebody still waits.</summary>
    public void SeenAgain(TimeProvider timeProvider)
    {
        TimeSpan pause = timeProvider.GetElapsedTime(_lastSeen);
        _lastSeen = timeProvider.GetTimestamp();
        _longestPause = pause > _longestPause ? pause : _longestPause;
    }

    /// <summary>The kernel would have repeated it by now: the process has given up.</summary>
    public bool IsAbandoned(TimeProvider timeProvider) =>
        timeProvider.GetElapsedTime(_lastSeen) > (_longestPause * 2) + LongestFirstPause;
}
