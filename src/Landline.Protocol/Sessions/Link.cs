namespace Landline.Protocol.Sessions;

/// <summary>
/// What a session's state machine knows of one link. Whoever makes output asks for a pump; the pump takes output with
/// <see cref="SessionCore.TryTakeOutput"/> until there is none. One pump runs at a time: <see cref="Pumping"/> says so.
/// All properties are guarded by the session's gate.
/// </summary>
internal abstract class Link
{
    /// <summary>True from the start: the handshake's answer goes out first, then the link pumps for the first time.</summary>
    public bool Pumping { get; set; } = true;

    /// <summary>Whether writes wait in the transport for a flush. Never changes.</summary>
    public bool Flushes { get; init; } = true;

    /// <summary>Something was written that no flush has followed.</summary>
    public bool NeedsFlush { get; set; }

    /// <summary>The block that the pump is writing.</summary>
    public LogBlock? Pinned { get; set; }

    public bool AcknowledgePending { get; set; }

    public bool PingPending { get; set; }

    public ulong? PongPending { get; set; }

    public bool ClosePending { get; set; }

    /// <summary>Close has been taken: after the flush the link is closed.</summary>
    public bool CloseSent { get; set; }

    /// <summary>Why the link was given up, where somebody other than its own reader or writer did so.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Room for every frame that is not counted. Only the pump reads it.</summary>
    public byte[] ControlBytes { get; } = new byte[(3 * 16) + Frames.FrameCodec.HeaderBytes + 1 + Frames.FrameCodec.LongestReason];

    /// <summary>Takes and sends output until there is none or the link would block. Never blocks, never throws. Called with no lock held.</summary>
    public abstract void Pump();

    /// <summary>Closes the transport, whose pending reads and writes then fail. Never blocks, never throws. Called with no lock held.</summary>
    public abstract void Abort();
}
