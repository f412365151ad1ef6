using System.Buffers;

namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>
/// The request that is being answered on a client connection; there is at most one, which keeps pipelined responses in
/// order. Shared by the loop that reads the client and the loops that read the upstreams:
/// <code>
/// idle ── TryBegin ──> in progress ── End ──> idle
///                           │ └────── TrySwitch: another upstream takes it over (nothing of a response came)
///                           └──────── BeginTunnel ──> tunnel, until the connection ends
/// </code>
/// An upstream that has left gets no exchange any more, and one that leaves in the middle of an exchange learns so: of a
/// request and the end of its upstream one comes first, and nobody waits for an answer that cannot come.
/// </summary>
internal sealed class Http1Exchange
{
    private readonly Lock _lock = new();
    private readonly ExchangeSignal _signal = new();
    private Http1Upstream? _upstream;
    private byte[]? _replay;
    private int _replayLength;
    private bool _inProgress;
    private bool _waiting;

    public bool ResponseStarted { get; set; }

    /// <summary>Once true: nothing more is read as a request.</summary>
    public bool IsClosing { get; private set; }

    /// <summary>Some request has been routed on this connection.</summary>
    public bool HasBegun { get; private set; }

    public bool ClientEnded { get; private set; }

    /// <summary>From now on bytes go both ways between the client and this upstream.</summary>
    public Http1Upstream? Tunnel { get; private set; }

    /// <summary>The upstream of the exchange in progress, or of the last one.</summary>
    public Http1Upstream? Upstream
    {
        get
        {
            lock (_lock)
            {
                return _upstream;
            }
        }
    }

    /// <summary>The upstream's loop ends. Returns whether it has an exchange to deal with.</summary>
    public bool Leave(Http1Upstream upstream)
    {
        lock (_lock)
        {
            upstream.IsDead = true;
            return _inProgress && _upstream == upstream;
        }
    }

    /// <param name="replay">The head of a request that may be sent again; empty when it may not.</param>
    /// <returns>False when the upstream has left: the request needs another one.</returns>
    public bool TryBegin(Http1Upstream upstream, ExpectedAnswer expected, ReadOnlySpan<byte> replay)
    {
        lock (_lock)
        {
            if (upstream.IsDead)
            {
                return false;
            }

            upstream.Expect(expected);
            _upstream = upstream;
            _inProgress = HasBegun = true;
            ResponseStarted = false;
            if (replay.Length > 0)
            {
                _replay = ArrayPool<byte>.Shared.Rent(replay.Length);
                replay.CopyTo(_replay);
                _replayLength = replay.Length;
            }

            return true;
        }
    }

    /// <summary>A failed upstream's loop gives the exchange to another.</summary>
    /// <param name="clientEnded">Whether the client has ended its half already.</param>
    /// <returns>False when that one has left, too.</returns>
    public bool TrySwitch(Http1Upstream upstream, ExpectedAnswer expected, out bool clientEnded)
    {
        lock (_lock)
        {
            clientEnded = ClientEnded;
            if (upstream.IsDead)
            {
                return false;
            }

            upstream.Expect(expected);
            _upstream = upstream;
            return true;
        }
    }

    public void End(bool close)
    {
        bool wake;
        lock (_lock)
        {
            IsClosing |= close;
            _inProgress = false;
            wake = _waiting;
            _waiting = false;
        }

        ReleaseReplay();
        if (wake)
        {
            _signal.Set();
        }
    }

    /// <summary>False when the upstream speaks out of turn and a request has been routed already.</summary>
    public bool TryBeginTunnel(Http1Upstream upstream, bool unasked)
    {
        bool wake;
        lock (_lock)
        {
            if (unasked && HasBegun)
            {
                return false;
            }

            _upstream = Tunnel = upstream;
            _inProgress = HasBegun = true;
            wake = _waiting;
            _waiting = false;
        }

        if (wake)
        {
            _signal.Set();
        }

        return true;
    }

    /// <summary>Until no exchange is in progress, or it has become a tunnel.</summary>
    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (!_inProgress || Tunnel is not null)
            {
                return ValueTask.CompletedTask;
            }

            _waiting = true;
            return _signal.PrepareAsync();
        }
    }

    /// <summary>The client will send nothing more. Returns the upstream that is to learn it.</summary>
    public Http1Upstream? EndClient()
    {
        lock (_lock)
        {
            ClientEnded = true;
            return _inProgress ? _upstream : null;
        }
    }

    /// <summary>A copy of the head to send again; null when it may not be. For the loop of the exchange's upstream only.</summary>
    public byte[]? CopyReplay() => _replay?.AsSpan(0, _replayLength).ToArray();

    /// <summary>A response has begun: the request cannot go anywhere else any more.</summary>
    public void ReleaseReplay()
    {
        if (_replay is not null && Interlocked.Exchange(ref _replay, null) is { } replay)
        {
            ArrayPool<byte>.Shared.Return(replay);
        }
    }
}
