using Landline.Protocol.Loops;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <summary>
/// A session with one peer: streams over a link that may be replaced by another one. Thread-safe. Made and kept alive
/// by a <see cref="SessionClient"/> or a <see cref="SessionServer"/>.
/// </summary>
public sealed class Session : IAsyncDisposable
{
    private static readonly StreamEnd Disposed = new(StreamEndCode.Canceled, "This side ended the session.");

    private readonly Lock _stateGate = new();
    private readonly TaskCompletionSource<StreamEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SessionState _lastRaised = SessionState.Connecting;
    private bool _raising;
    private bool _raiseAgain;
    private SessionLink? _link;

    internal Session(Guid id, bool isClient, StreamAcceptor acceptor, TimeProvider timeProvider, KeepAlive keepAlive, TimeSpan grace)
    {
        Id = id;
        Core = new SessionCore(this, isClient, acceptor, timeProvider, keepAlive, grace);
    }

    public Guid Id { get; }

    public SessionState State => Core.State;

    /// <summary>
    /// Raised in order, never with a lock held; handlers must not block. A change that is undone while handlers run may
    /// be left out.
    /// </summary>
    public event Action<Session, SessionState>? StateChanged;

    /// <summary>Completes when the session is over, with the reason.</summary>
    public Task<StreamEnd> Ended => _ended.Task;

    /// <summary>Null while the session lives.</summary>
    public StreamEnd? EndReason => Core.EndReason;

    /// <summary>On the server: what Authorize returned. Null on the client.</summary>
    public object? Authorization { get; internal init; }

    /// <summary>Fingerprint of the peer's certificate.</summary>
    public string PeerFingerprint { get; internal init; } = "";

    /// <summary>JSON the peer sent in its last hello.</summary>
    public ReadOnlyMemory<byte> PeerHello { get; internal set; }

    /// <summary>How long the session is kept without a link.</summary>
    public TimeSpan Grace => Core.Grace;

    public int OpenStreams => Core.OpenStreams;

    /// <summary>Bytes of counted frames that have come from the peer, headers included.</summary>
    public long Received => Core.Received;

    /// <summary>Bytes of counted frames for the peer, headers included; what a new link sends again counts once.</summary>
    public long Written => Core.Written;

    /// <summary>How many times a new link resumed this session.</summary>
    public int Reconnects => Core.Reconnects;

    /// <summary>Smoothed; zero before the first measurement.</summary>
    public TimeSpan RoundTrip => Core.RoundTrip;

    /// <summary>Since the last byte from the peer.</summary>
    public TimeSpan SilentFor => Core.SilentFor;

    /// <summary>May be changed at any time.</summary>
    public KeepAlive KeepAlive
    {
        get => Core.KeepAlive;
        set => Core.KeepAlive = value;
    }

    internal SessionCore Core { get; }

    /// <summary>Whose thread looks after the sockets that this session's streams are relayed to.</summary>
    public EventLoop Loop { get; internal init; } = EventLoop.Main;

    /// <summary>Lets go of what this process keeps for the next bytes of any session.</summary>
    public static void DiscardSpareMemory() => LogBlock.ClearPool();

    /// <summary>Opens a stream and waits for the peer's answer; canceling resets it.</summary>
    /// <exception cref="StreamEndedException">The peer refused, or the session is over.</exception>
    public async ValueTask<SessionStream> OpenAsync(StreamKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        SessionStream stream = Open(kind, payload.Span);
        try
        {
            StreamEnd? end = await stream.Opened.WaitAsync(cancellationToken);
            return end is null ? stream : throw new StreamEndedException(end);
        }
        catch (OperationCanceledException)
        {
            stream.Reset(new StreamEnd(StreamEndCode.Canceled, "The opener did not wait for the answer."));
            throw;
        }
    }

    /// <summary>
    /// Opens a stream; the peer's answer comes through <see cref="SessionStream.Opened"/>. What cannot be opened is a
    /// stream that has ended already.
    /// </summary>
    public SessionStream Open(StreamKind kind, ReadOnlySpan<byte> payload) => Core.Open(kind, payload);

    /// <summary>The machine's routes have changed: check the link now (1.5 s) and redial at once when it is dead.</summary>
    public void Probe() => Core.Probe();

    /// <summary>The peer opens nothing new here from now on.</summary>
    public void GoAway() => Core.GoAway();

    /// <summary>Ends the session and every stream, telling the peer if there is a link.</summary>
    public ValueTask DisposeAsync() => EndAsync(Disposed);

    /// <summary>As DisposeAsync, with a reason for the peer.</summary>
    public async ValueTask EndAsync(StreamEnd reason)
    {
        Core.End(reason, tellPeer: true);
        if (Volatile.Read(ref _link) is { } link)
        {
            await link.Ended; // The core gives it a second to send the reason.
        }
    }

    public override string ToString() => $"session {Id}";

    /// <summary>The link has been attached; returns when it is gone.</summary>
    internal Task RunLinkAsync(SessionLink link)
    {
        Volatile.Write(ref _link, link);
        return link.RunAsync();
    }

    /// <summary>Called by the core, with no lock of a stream or the gate held.</summary>
    internal void OnStateChanged()
    {
        lock (_stateGate)
        {
            if (_raising)
            {
                _raiseAgain = true;
                return;
            }

            _raising = true;
        }

        while (true)
        {
            SessionState state = State;
            if (state != _lastRaised)
            {
                _lastRaised = state;
                StateChanged?.Invoke(this, state);
                if (state == SessionState.Ended)
                {
                    _ended.TrySetResult(EndReason!);
                }
            }

            lock (_stateGate)
            {
                if (!_raiseAgain)
                {
                    _raising = false;
                    return;
                }

                _raiseAgain = false;
            }
        }
    }
}
