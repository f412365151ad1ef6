using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <content>Links come and go; timers acknowledge, ping, notice silence and end a session whose grace has run out.</content>
internal sealed partial class SessionCore
{
    // Shorter waits than this are not worth a timer, and a timer that fires early must not spin.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestRoundTrip = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _timeProvider;
    private readonly long _epoch;
    private readonly ITimer _timer;
    private readonly RoundTripTimes _roundTrips = new();
    private KeepAlive _keepAlive;
    private TimeSpan _grace;
    private int _attached;
    private bool _overflowed;
    private long _lastReceivedTicks;
    private bool _probing;
    private bool _acknowledgePlanned;

    // When something is due, in time of the session; MaxValue = never.
    private TimeSpan _armed = TimeSpan.MaxValue;
    private TimeSpan _acknowledgeDue = TimeSpan.MaxValue;
    private TimeSpan _pingDue = TimeSpan.MaxValue;
    private TimeSpan _probeDue = TimeSpan.MaxValue;
    private TimeSpan _graceDue = TimeSpan.MaxValue;
    private TimeSpan _closeDue = TimeSpan.MaxValue;

    public int Reconnects => Math.Max(0, Volatile.Read(ref _attached) - 1);

    public TimeSpan RoundTrip
    {
        get
        {
            lock (_gate)
            {
                return _roundTrips.Average;
            }
        }
    }

    public TimeSpan SilentFor => Now - LastReceived;

    public KeepAlive KeepAlive
    {
        get
        {
            lock (_gate)
            {
                return _keepAlive;
            }
        }

        set
        {
            lock (_gate)
            {
                _keepAlive = value;
                _pingDue = Now;
                ArmLocked(Now);
            }
        }
    }

    /// <summary>How long the session lives without a link; told by the server.</summary>
    public TimeSpan Grace
    {
        get
        {
            lock (_gate)
            {
                return _grace;
            }
        }

        set
        {
            lock (_gate)
            {
                _grace = value;
            }
        }
    }

    private TimeSpan LastReceived => TimeSpan.FromTicks(Volatile.Read(ref _lastReceivedTicks));

    private TimeSpan Now => _timeProvider.GetElapsedTime(_epoch);

    /// <summary>
    /// Makes <paramref name="link"/> the session's link, in place of any other. Output is not taken before the owner
    /// of the link pumps it for the first time. False = the session is over, or the peer's count does not fit: then
    /// nothing has changed.
    /// </summary>
    /// <param name="link">New, and never attached before.</param>
    /// <param name="peerReceived">Bytes of counted frames that the peer has; what comes after is sent again.</param>
    /// <param name="received">What we have, for the handshake's answer.</param>
    public bool TryAttach(Link link, long peerReceived, out long received)
    {
        Link? replaced;
        lock (_receiveGate)
        {
            lock (_gate)
            {
                received = _received;
                if (_end is not null || !_log.TryResume(peerReceived))
                {
                    return false;
                }

                replaced = _link;
                _link = link;
                _attached++;
                _acknowledgedToPeer = _received;
                _lastReceivedTicks = Now.Ticks;
                _probing = _acknowledgePlanned = false;
                _roundTrips.Restart();
                _acknowledgeDue = _probeDue = _graceDue = TimeSpan.MaxValue;
                ArmLocked(_pingDue = Now); // The first ping measures the round trip.
            }
        }

        replaced?.Abort();
        _session.OnStateChanged();
        return true;
    }

    /// <summary>The link is gone. Does nothing for a link that is not the session's any more.</summary>
    public void Detach(Link link)
    {
        lock (_gate)
        {
            if (_link != link)
            {
                return;
            }

            DetachLocked();
        }

        _session.OnStateChanged();
    }

    /// <summary>For a pump that failed: gives back the block it was writing.</summary>
    public void StopPump(Link link)
    {
        lock (_gate)
        {
            link.Pinned?.Unpin();
            link.Pinned = null;
            link.Pumping = false;
        }
    }

    public bool IsPumping(Link link)
    {
        lock (_gate)
        {
            return link.Pumping;
        }
    }

    /// <summary>Asks the peer for a sign of life; without one in 1.5 s the link is given up.</summary>
    public void Probe()
    {
        Link? pump = null;
        lock (_gate)
        {
            if (_link is not null && _end is null)
            {
                _link.PingPending = true;
                _probing = true;
                ArmLocked(_probeDue = Now + SessionLimits.ProbeTimeout);
                pump = PumpLocked();
            }
        }

        pump?.Pump();
    }

    private void OnTimer()
    {
        Link? pump = null;
        Link? abort = null;
        StreamEnd? end = null;
        lock (_gate)
        {
            TimeSpan now = Now;
            _armed = TimeSpan.MaxValue;
            if (_end is not null)
            {
                if (now >= _closeDue)
                {
                    abort = _link;
                    _closeDue = TimeSpan.MaxValue;
                }

                ArmLocked(_closeDue);
            }
            else if (_overflowed)
            {
                end = new StreamEnd(StreamEndCode.ProtocolError, "The peer does not acknowledge what it receives.");
            }
            else if (_link is null)
            {
                end = now >= _graceDue
                    ? new StreamEnd(StreamEndCode.SessionLost, $"The link did not come back within {_grace.TotalSeconds:0.#} s.")
                    : null;
                ArmLocked(_graceDue);
            }
            else if (SilenceLocked(now) is { } silence)
            {
                abort = _link;
                abort.Failure = new IOException(silence);
                DetachLocked();
            }
            else
            {
                pump = TickLocked(_link, now);
            }
        }

        pump?.Pump();
        if (end is not null)
        {
            End(end, tellPeer: true);
        }
        else if (abort is not null)
        {
            abort.Abort();
            _session.OnStateChanged();
        }
    }

    private string? SilenceLocked(TimeSpan now) =>
        now >= _probeDue ? $"The peer did not answer within {SessionLimits.ProbeTimeout.TotalSeconds:0.#} s after the network changed."
        : now >= LastReceived + _keepAlive.DeadAfter ? $"The peer was silent for {_keepAlive.DeadAfter.TotalSeconds:0.#} s."
        : null;

    private Link? TickLocked(Link link, TimeSpan now)
    {
        if (now >= _acknowledgeDue)
        {
            _acknowledgeDue = TimeSpan.MaxValue;
            link.AcknowledgePending = true;
        }

        if (now >= _pingDue)
        {
            _pingDue = now + _keepAlive.Interval;
            link.PingPending = true;
        }

        ArmLocked(_acknowledgeDue);
        ArmLocked(_pingDue);
        ArmLocked(_probeDue);
        ArmLocked(LastReceived + _keepAlive.DeadAfter);
        return HasOutputLocked() ? PumpLocked() : null;
    }

    private void DetachLocked()
    {
        _link = null;
        _acknowledgeDue = _pingDue = _probeDue = TimeSpan.MaxValue;
        if (_end is not null)
        {
            FinishLocked();
        }
        else
        {
            ArmLocked(_graceDue = Now + _grace);
        }
    }

    private void ArmLocked(TimeSpan due)
    {
        if (due >= _armed || _finished)
        {
            return;
        }

        _armed = due;
        TimeSpan wait = due - Now;
        _timer.Change(wait > ShortestWait ? wait : ShortestWait, Timeout.InfiniteTimeSpan);
    }

    private void MeasureLocked(ulong sentAt)
    {
        TimeSpan now = Now;
        if (sentAt > (ulong)now.Ticks || now - TimeSpan.FromTicks((long)sentAt) > LongestRoundTrip)
        {
            return; // Not an answer to a ping of ours.
        }

        _roundTrips.Add(now - TimeSpan.FromTicks((long)sentAt));
    }
}
