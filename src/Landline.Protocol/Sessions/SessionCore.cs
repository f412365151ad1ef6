using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Landline.Protocol.Frames;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <summary>
/// The state machine of a session: frames in, frames out, time injected, no I/O and no threads of its own. It lives
/// through any number of links, one at a time.
/// <para>
/// Locks, in the order in which they are taken: the receive gate (one batch of arriving frames), a stream's receive
/// lock, the gate. The gate is a leaf: nothing is called out with it held except <see cref="IPayloadSource.Fill"/>.
/// </para>
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The timer is disposed when the session has ended, which every session does.")]
internal sealed partial class SessionCore
{
    private readonly Lock _gate = new();
    private readonly Lock _receiveGate = new();
    private readonly Session _session;
    private readonly StreamAcceptor _acceptor;
    private readonly bool _isClient;
    private readonly Dictionary<uint, SessionStream> _streams = [];
    private readonly WindowTuner _windows = new();
    private readonly FrameLog _log = new();
    private Link? _link;
    private StreamEnd? _end;
    private uint _nextStreamId;
    private bool _peerDrains;
    private bool _drains;
    private bool _finished;
    private int _connections;
    private TaskCompletionSource? _idle;

    public SessionCore(
        Session session, bool isClient, StreamAcceptor acceptor, TimeProvider timeProvider, KeepAlive keepAlive, TimeSpan grace)
    {
        _session = session;
        _isClient = isClient;
        _acceptor = acceptor;
        _nextStreamId = isClient ? 1u : 2u;
        _timeProvider = timeProvider;
        _epoch = timeProvider.GetTimestamp();
        _keepAlive = keepAlive;
        _grace = grace;
        _timer = timeProvider.CreateTimer(
            static core => ((SessionCore)core!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public Session Session => _session;

    public StreamEnd? EndReason => Volatile.Read(ref _end);

    public SessionState State
    {
        get
        {
            lock (_gate)
            {
                return _end is not null ? SessionState.Ended
                    : _link is not null ? SessionState.Connected
                    : _attached == 0 ? SessionState.Connecting
                    : SessionState.Reconnecting;
            }
        }
    }

    public int OpenStreams
    {
        get
        {
            lock (_gate)
            {
                return _streams.Count;
            }
        }
    }

    /// <summary>Completes when no stream that carries somebody's connection is open; a drain waits for this.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_connections == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task.WaitAsync(cancellationToken);
        }
    }

    public SessionStream Open(StreamKind kind, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, FrameCodec.LongestOpenPayload);

        var flow = new StreamFlow { Phase = StreamPhase.Opening };
        SessionStream stream;
        Link? pump = null;
        StreamEnd? refused;
        lock (_gate)
        {
            refused = _end is not null ? new StreamEnd(StreamEndCode.SessionLost, _end.Detail)
                : _peerDrains ? new StreamEnd(StreamEndCode.Draining, "The peer takes no new streams: it is about to stop.")
                : _streams.Count >= SessionLimits.OpenStreams ? new StreamEnd(StreamEndCode.TooMany, "Too many streams are open on this side.")
                : _log.Blocks > SessionLimits.LogBlocks ? new StreamEnd(StreamEndCode.TooMany, "Too much waits for the link to come back.")
                : null;
            uint id = refused is null ? TakeStreamIdLocked() : 0;
            stream = new SessionStream(this, id, kind, flow, payload.ToArray(), isOpener: true);
            if (refused is null)
            {
                AddLocked(stream);
                _windows.Open(flow);
                flow.EpochStart = Now;
                Span<byte> body = stackalloc byte[FrameCodec.LongestOpenPayload + 8];
                int length = FrameCodec.WriteOpen(body, kind, (uint)flow.Window, payload);
                pump = AppendLocked(FrameKind.Open, id, body[..length]);
            }
            else
            {
                flow.Phase = StreamPhase.Over;
            }
        }

        pump?.Pump();
        if (refused is not null)
        {
            stream.OnOver(refused);
        }

        return stream;
    }

    public bool Accept(SessionStream stream)
    {
        Link? pump;
        lock (_gate)
        {
            StreamFlow flow = stream.Flow;
            if (flow.Phase != StreamPhase.Offered)
            {
                return flow.Phase == StreamPhase.Over;
            }

            flow.Phase = StreamPhase.Open;
            _windows.Open(flow);
            flow.EpochStart = Now;
            pump = AppendLocked(FrameKind.Opened, stream.Id, (uint)flow.Window);
        }

        pump?.Pump();
        return true;
    }

    /// <summary>Ends the sending direction. Does nothing when it has ended already.</summary>
    public void EndWriting(SessionStream stream)
    {
        Link? pump;
        bool over;
        lock (_gate)
        {
            StreamFlow flow = stream.Flow;
            if (flow.Phase == StreamPhase.Over || flow.EndSent)
            {
                return;
            }

            flow.EndSent = true;
            pump = AppendLocked(FrameKind.End, stream.Id, []);
            over = flow.EndReceived;
            if (over)
            {
                RemoveLocked(stream);
            }
        }

        pump?.Pump();
        if (over)
        {
            stream.OnOver(null);
        }
    }

    public void Reset(SessionStream stream, StreamEnd reason)
    {
        Link? pump;
        lock (_gate)
        {
            if (stream.Flow.Phase == StreamPhase.Over)
            {
                return;
            }

            RemoveLocked(stream);
            Span<byte> body = stackalloc byte[1 + FrameCodec.LongestReason];
            int length = FrameCodec.WriteReason(body, reason);
            pump = AppendLocked(FrameKind.Reset, stream.Id, body[..length]);
        }

        pump?.Pump();
        stream.OnOver(reason);
    }

    public void GoAway()
    {
        Link? pump;
        lock (_gate)
        {
            if (_drains || _end is not null)
            {
                return;
            }

            _drains = true;
            pump = AppendLocked(FrameKind.GoAway, 0, []);
        }

        pump?.Pump();
    }

    /// <summary>
    /// The session is over: every stream ends. With a link and <paramref name="tellPeer"/> the reason goes out, for at
    /// most <see cref="SessionLimits.CloseTimeout"/>, before the link is closed.
    /// </summary>
    public void End(StreamEnd reason, bool tellPeer)
    {
        SessionStream[] streams;
        Link? pump = null;
        Link? abort = null;
        lock (_gate)
        {
            if (_end is not null)
            {
                return;
            }

            _end = reason;
            streams = [.. _streams.Values];
            foreach (SessionStream stream in streams)
            {
                RemoveLocked(stream);
            }

            _firstTurn = _lastTurn = null;
            if (tellPeer && _link is not null)
            {
                _link.ClosePending = true;
                ArmLocked(_closeDue = Now + SessionLimits.CloseTimeout);
                pump = PumpLocked();
            }
            else
            {
                abort = _link;
                _link = null;
                FinishLocked();
            }
        }

        var streamEnd = new StreamEnd(StreamEndCode.SessionLost, reason.Detail);
        foreach (SessionStream stream in streams)
        {
            stream.OnOver(streamEnd);
        }

        pump?.Pump();
        abort?.Abort();
        _session.OnStateChanged();
    }

    /// <summary>Over, and nobody left to tell: no memory is kept and no timer fires any more.</summary>
    private void FinishLocked()
    {
        _finished = true;
        _log.Clear();
        _timer.Dispose();
    }

    private uint TakeStreamIdLocked()
    {
        // Ids are not used again before 2^31 others: whatever was on its way for an old stream has long arrived.
        uint id;
        do
        {
            id = _nextStreamId;
            _nextStreamId += 2;
            if (_nextStreamId < 2)
            {
                _nextStreamId = _isClient ? 1u : 2u;
            }
        }
        while (_streams.ContainsKey(id));

        return id;
    }

    private void AddLocked(SessionStream stream)
    {
        _streams.Add(stream.Id, stream);
        _connections += IsConnection(stream) ? 1 : 0;
    }

    private void RemoveLocked(SessionStream stream)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "The caller holds the gate.");
        _connections -= IsConnection(stream) ? 1 : 0;
        if (_connections == 0)
        {
            _idle?.TrySetResult();
            _idle = null;
        }

        stream.Flow.Phase = StreamPhase.Over;
        stream.Flow.WantsTurn = false;
        _windows.Close(stream.Flow);
        _streams.Remove(stream.Id);
    }

    private static bool IsConnection(SessionStream stream) =>
        stream.Kind is StreamKind.Tcp or StreamKind.Inbound or StreamKind.Workload;
}
