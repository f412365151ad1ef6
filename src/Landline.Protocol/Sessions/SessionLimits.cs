namespace Landline.Protocol.Sessions;

/// <summary>Every bound of a session. Those that a peer must know are in docs/protocol/session.md.</summary>
internal static class SessionLimits
{
    /// <summary>Window of a new stream while few are open: one round trip at 20 ms then carries 200 Mbit/s before any tuning.</summary>
    public const int InitialWindow = 512 * 1024;

    /// <summary>1 Gbit/s at 100 ms needs 12.5 MB.</summary>
    public const int LargestWindow = 16 * 1024 * 1024;

    /// <summary>A sum of credits above this is a peer's error, not a wish.</summary>
    public const long LargestCredit = 1L << 31;

    /// <summary>Sum of all receive windows above which none grows: the most that stalled readers can make a session hold.</summary>
    public const long WindowBudget = 256L * 1024 * 1024;

    public const int OpenStreams = 65_536;

    /// <summary>Output that no link has taken yet. More would only add delay for the streams that write little.</summary>
    public const int UnsentBytes = 256 * 1024;

    /// <summary>Datagrams are not queued for a turn but dropped; this much extra keeps bulk transfers from starving them.</summary>
    public const int UnsentBytesForDatagrams = 2 * UnsentBytes;

    /// <summary>What one write takes; two of the largest frames, so that a block leaves in one piece.</summary>
    public const int BlockBytes = 2 * Frames.FrameCodec.LongestFrame;

    /// <summary>32 MiB of unacknowledged frames: two of the largest windows.</summary>
    public const int LogBlocks = 256;

    /// <summary>Frames that may not wait (windows, resets) may exceed the log by as much again; a peer that never acknowledges ends there.</summary>
    public const int LogBlocksForControl = 2 * LogBlocks;

    public const int AcknowledgeAfterBytes = 128 * 1024;

    /// <summary>Cost of a datagram on top of its length, so that empty ones have a price.</summary>
    public const int DatagramOverhead = 32;

    /// <summary>For what is less than AcknowledgeAfterBytes. Each wakes another thread, and costs the peer no more than that much memory.</summary>
    public static readonly TimeSpan AcknowledgeAfter = TimeSpan.FromMilliseconds(200);

    public static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1.5);

    /// <summary>How long an ended session tries to tell its peer why.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);
}
