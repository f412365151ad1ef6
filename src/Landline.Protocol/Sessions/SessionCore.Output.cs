using System.Buffers.Binary;
using Landline.Protocol.Frames;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <summary>What came of an attempt to write to a stream.</summary>
internal enum AppendStatus
{
    /// <summary>A frame was written.</summary>
    Written,

    /// <summary>No credit or no room: the stream's turn comes later, <see cref="SessionStream.Turn"/> says when.</summary>
    NotNow,

    /// <summary>The source had nothing.</summary>
    Nothing,

    /// <summary>The source has come to its end; the caller ends the direction.</summary>
    Ended,

    /// <summary>The stream is over or its sending direction has ended.</summary>
    Over,
}

/// <summary>What a link's pump is to do next.</summary>
internal enum OutputKind
{
    /// <summary>Nothing; the pump has stopped.</summary>
    None,

    /// <summary>Write these bytes.</summary>
    Bytes,

    /// <summary>Wake this stream's writer: it is its turn.</summary>
    Turn,

    /// <summary>Flush what was written.</summary>
    Flush,

    /// <summary>Close the link: the session is over and the peer has been told.</summary>
    Close,
}

/// <content>
/// Output: frames are appended to the log, the link's pump takes them from there. Writers of data wait, first in, first
/// out, while enough is unsent, and write one frame a turn, so that no stream holds up another for long.
/// </content>
internal sealed partial class SessionCore
{
    // Streams whose turn comes as soon as there is room; they have credit, or had when they were queued.
    private SessionStream? _firstTurn;
    private SessionStream? _lastTurn;

    /// <summary>Bytes of counted frames written so far, whether a link has taken them or not.</summary>
    public long Written
    {
        get
        {
            lock (_gate)
            {
                return _log.Written;
            }
        }
    }

    /// <summary>
    /// Writes one DATA frame of what <paramref name="source"/> has, within credit and room.
    /// </summary>
    /// <param name="hasTurn">The caller was woken by its turn and need not queue behind others.</param>
    /// <param name="wanted">Most bytes to write.</param>
    /// <param name="pump">To be pumped by the caller once it holds no lock.</param>
    /// <param name="offered">How many bytes the source was offered room for.</param>
    public AppendStatus Append<TSource>(
        SessionStream stream, scoped ref TSource source, int wanted, bool hasTurn, out int written, out int offered, out Link? pump)
        where TSource : IPayloadSource, allows ref struct
    {
        written = 0;
        offered = 0;
        pump = null;
        lock (_gate)
        {
            StreamFlow flow = stream.Flow;
            if (flow.Phase == StreamPhase.Over || flow.EndSent)
            {
                return AppendStatus.Over;
            }

            if (flow.SendCredit <= 0)
            {
                flow.WantsTurn = true;
                return AppendStatus.NotNow;
            }

            if (!HasRoomLocked() || (_firstTurn is not null && !hasTurn))
            {
                QueueTurnLocked(stream);
                pump = PumpLocked();
                return AppendStatus.NotNow;
            }

            flow.WantsTurn = false;
            int most = (int)Math.Min(Math.Min(wanted, FrameCodec.LongestPayload), flow.SendCredit);
            Span<byte> frame = _log.Reserve(FrameCodec.HeaderBytes + 1, FrameCodec.HeaderBytes + most);
            offered = frame.Length - FrameCodec.HeaderBytes;
            written = source.Fill(frame[FrameCodec.HeaderBytes..]);
            if (written < 0)
            {
                return AppendStatus.Nothing;
            }

            if (written == 0)
            {
                return AppendStatus.Ended;
            }

            FrameCodec.WriteHeader(frame, FrameKind.Data, written, stream.Id);
            _log.Commit(FrameCodec.HeaderBytes + written);
            flow.SendCredit -= written;
            pump = PumpLocked();
            return AppendStatus.Written;
        }
    }

    /// <summary>False = dropped: no credit, no room, or the stream is over. The caller pumps once it holds no lock.</summary>
    public bool TrySendDatagram(SessionStream stream, ReadOnlySpan<byte> datagram, out Link? pump)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(datagram.Length, FrameCodec.LongestPayload);

        pump = null;
        lock (_gate)
        {
            StreamFlow flow = stream.Flow;
            int cost = datagram.Length + SessionLimits.DatagramOverhead;
            if (flow.Phase == StreamPhase.Over || flow.EndSent || flow.SendCredit < cost
                || _log.Unsent >= SessionLimits.UnsentBytesForDatagrams || _log.Blocks >= SessionLimits.LogBlocks)
            {
                return false;
            }

            flow.SendCredit -= cost;
            pump = AppendLocked(FrameKind.Data, stream.Id, datagram);
            return true;
        }
    }

    /// <summary>The reader of <paramref name="stream"/> took this many bytes: the peer may send as many again.</summary>
    public void Consumed(SessionStream stream, int bytes)
    {
        // Most calls end here, without the gate.
        StreamFlow flow = stream.Flow;
        if (!flow.AddConsumed(bytes))
        {
            return;
        }

        Link? pump;
        lock (_gate)
        {
            if (flow.Phase == StreamPhase.Over || flow.EndReceived)
            {
                return;
            }

            int credit = _windows.Return(flow, Now, _roundTrips.Shortest);
            pump = credit > 0 ? AppendLocked(FrameKind.Window, stream.Id, (uint)credit) : null;
        }

        pump?.Pump();
    }

    /// <summary>
    /// For the pump only: what to do next. Bytes stay valid until the next call, which says that they are written.
    /// </summary>
    public OutputKind TryTakeOutput(Link link, out ReadOnlyMemory<byte> bytes, out SessionStream? turn)
    {
        bytes = default;
        turn = null;
        lock (_gate)
        {
            link.Pinned?.Unpin();
            link.Pinned = null;
            if (_link != link)
            {
                link.Pumping = false;
                return OutputKind.None;
            }

            if (link.AcknowledgePending || link.PingPending || link.PongPending is not null)
            {
                bytes = TakeControlLocked(link);
                link.NeedsFlush = link.Flushes;
                return OutputKind.Bytes;
            }

            // Another frame joins the write as long as that is less than a block.
            if (_firstTurn is not null && _log.Unsent < FrameCodec.LongestFrame && HasRoomLocked())
            {
                turn = DequeueTurnLocked();
                return OutputKind.Turn;
            }

            if (_log.TryTake(out bytes, out LogBlock? block))
            {
                link.Pinned = block;
                link.NeedsFlush = link.Flushes;
                return OutputKind.Bytes;
            }

            if (link.ClosePending)
            {
                link.ClosePending = false;
                link.CloseSent = true;
                link.NeedsFlush = link.Flushes;
                Span<byte> frame = link.ControlBytes;
                int length = FrameCodec.WriteReason(frame[FrameCodec.HeaderBytes..], _end!);
                FrameCodec.WriteHeader(frame, FrameKind.Close, length, 0);
                bytes = link.ControlBytes.AsMemory(0, FrameCodec.HeaderBytes + length);
                return OutputKind.Bytes;
            }

            if (link.NeedsFlush)
            {
                link.NeedsFlush = false;
                return OutputKind.Flush;
            }

            if (link.CloseSent)
            {
                _link = null;
                FinishLocked();
                link.Pumping = false;
                return OutputKind.Close;
            }

            link.Pumping = false;
            return OutputKind.None;
        }
    }

    /// <summary>After a batch of arriving frames: sends what came of it.</summary>
    public void PumpNow()
    {
        Link? pump;
        lock (_gate)
        {
            pump = HasOutputLocked() ? PumpLocked() : null;
        }

        pump?.Pump();
    }

    private bool HasOutputLocked() => _link is { } link
        && (_log.Unsent > 0 || _firstTurn is not null || link.ClosePending || link.AcknowledgePending || link.PingPending || link.PongPending is not null);

    private bool HasRoomLocked() => _log.Unsent < SessionLimits.UnsentBytes && _log.Blocks < SessionLimits.LogBlocks;

    /// <summary>The link, if it is for the caller to pump it, once it has left the gate.</summary>
    private Link? PumpLocked()
    {
        if (_link is not { Pumping: false } link || (_log.Unsent < FrameCodec.LongestFrame && PumpBatch.TryDefer(this)))
        {
            return null;
        }

        link.Pumping = true;
        return link;
    }

    private Link? AppendLocked(FrameKind kind, uint streamId, uint value)
    {
        Span<byte> body = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(body, value);
        return AppendLocked(kind, streamId, body);
    }

    private Link? AppendLocked(FrameKind kind, uint streamId, ReadOnlySpan<byte> body)
    {
        if (_end is not null)
        {
            return null;
        }

        int length = FrameCodec.HeaderBytes + body.Length;
        Span<byte> frame = _log.Reserve(length, length);
        FrameCodec.WriteHeader(frame, kind, body.Length, streamId);
        body.CopyTo(frame[FrameCodec.HeaderBytes..]);
        _log.Commit(length);
        if (_log.Blocks > SessionLimits.LogBlocksForControl)
        {
            // The peer makes us answer and acknowledges nothing. The timer ends the session, outside the gate.
            _overflowed = true;
            ArmLocked(Now);
        }

        return PumpLocked();
    }

    private ReadOnlyMemory<byte> TakeControlLocked(Link link)
    {
        Span<byte> bytes = link.ControlBytes;
        int length = 0;
        if (link.AcknowledgePending)
        {
            link.AcknowledgePending = false;
            _acknowledgePlanned = false;
            _acknowledgeDue = TimeSpan.MaxValue;
            Volatile.Write(ref _acknowledgedToPeer, _received);
            length += WriteControl(bytes, FrameKind.Acknowledge, (ulong)_received);
        }

        if (link.PongPending is { } pong)
        {
            link.PongPending = null;
            length += WriteControl(bytes[length..], FrameKind.Pong, pong);
        }

        if (link.PingPending)
        {
            link.PingPending = false;
            length += WriteControl(bytes[length..], FrameKind.Ping, (ulong)Now.Ticks);
        }

        return link.ControlBytes.AsMemory(0, length);

        static int WriteControl(Span<byte> destination, FrameKind kind, ulong value)
        {
            FrameCodec.WriteHeader(destination, kind, 8, 0);
            BinaryPrimitives.WriteUInt64BigEndian(destination[FrameCodec.HeaderBytes..], value);
            return FrameCodec.HeaderBytes + 8;
        }
    }

    private void QueueTurnLocked(SessionStream stream)
    {
        StreamFlow flow = stream.Flow;
        flow.WantsTurn = false;
        if (flow.InTurnQueue)
        {
            return;
        }

        flow.InTurnQueue = true;
        flow.NextInTurnQueue = null;
        if (_lastTurn is null)
        {
            _firstTurn = stream;
        }
        else
        {
            _lastTurn.Flow.NextInTurnQueue = stream;
        }

        _lastTurn = stream;
    }

    private SessionStream DequeueTurnLocked()
    {
        SessionStream stream = _firstTurn!;
        _firstTurn = stream.Flow.NextInTurnQueue;
        if (_firstTurn is null)
        {
            _lastTurn = null;
        }

        stream.Flow.InTurnQueue = false;
        stream.Flow.NextInTurnQueue = null;
        return stream;
    }
}
