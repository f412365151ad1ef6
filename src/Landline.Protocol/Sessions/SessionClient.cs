using System.Security.Authentication;
using Landline.Protocol.Frames;
using Landline.Protocol.Links;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <summary>
/// Keeps one session with a server alive: dials links, resumes, waits 50 ms to 2 s between attempts. When the grace has
/// run out, or the server does not know the session any more, a new session takes its place.
/// </summary>
public sealed class SessionClient(SessionClientOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private static readonly StreamEnd Disposed = new(StreamEndCode.Canceled, "This side ended the session.");

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private KeepAlive _keepAlive = options.KeepAlive;
    private Session? _current;
    private SessionLink? _link;
    private TaskCompletionSource _dialNow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private SessionState _state = SessionState.Connecting;

    public SessionClientOptions Options { get; } = options;

    /// <summary>The session of now; it may have ended already while the next one is being made.</summary>
    /// <exception cref="InvalidOperationException">StartAsync has not succeeded yet.</exception>
    public Session Current => Volatile.Read(ref _current) ?? throw new InvalidOperationException("The client has no session yet.");

    /// <summary>Reconnecting also while a lost session's successor is being tried.</summary>
    public SessionState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>Why the last attempt or link failed; null while connected.</summary>
    public Exception? LastLinkError { get; private set; }

    /// <summary>For the session of now and for those that follow it.</summary>
    public KeepAlive KeepAlive
    {
        get => _keepAlive;
        set
        {
            _keepAlive = value;
            if (Volatile.Read(ref _current) is { } current)
            {
                current.KeepAlive = value;
            }
        }
    }

    /// <summary>Raised when a new session has taken the place of a lost one, before its first stream is accepted.</summary>
    public event Action<Session>? SessionReplaced;

    /// <summary>Raised on the client's own task; handlers must not block.</summary>
    public event Action<SessionClient, SessionState>? StateChanged;

    /// <summary>
    /// Dials once. Failing throws, and the client may be started again or disposed; afterwards it never gives up.
    /// </summary>
    /// <exception cref="SessionRefusedException">The server said no.</exception>
    /// <exception cref="AuthenticationException">The server is not the one whose fingerprint is pinned.</exception>
    /// <exception cref="IOException">The server closed the link, which is what it does with those it does not know.</exception>
    /// <exception cref="TimeoutException">Dial, handshake and hello took longer than the DialTimeout.</exception>
    public async Task<Session> StartAsync(CancellationToken cancellationToken)
    {
        using var starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        SessionLink link = await DialAsync(starting.Token);
        SetState(SessionState.Connected);
        _running = RunAsync(link, _stop.Token);
        return Current;
    }

    /// <summary>Checks the link now, or, while there is none, dials at once.</summary>
    public void Probe()
    {
        Volatile.Read(ref _current)?.Probe();
        lock (_gate)
        {
            _dialNow.TrySetResult();
        }
    }

    /// <summary>Ends the session, telling the server.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (Volatile.Read(ref _current) is { } session)
        {
            await session.DisposeAsync();
        }

        Volatile.Read(ref _link)?.Abort();
        await _running;

        // An attempt may have succeeded meanwhile.
        Volatile.Read(ref _current)?.Core.End(Disposed, tellPeer: false);
        SetState(SessionState.Ended);
    }

    private async Task RunAsync(SessionLink link, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await Current.RunLinkAsync(link);
                LastLinkError = link.Failure;
                SetState(SessionState.Reconnecting);
                link = await RedialAsync(stop);
                LastLinkError = null;
                SetState(SessionState.Connected);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private async Task<SessionLink> RedialAsync(CancellationToken stop)
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            // Taken before the attempt, so that a probe during it counts.
            Task dialNow = ResetDialNowAsync();
            try
            {
                return await DialAsync(stop);
            }
            catch (Exception exception)
            {
                stop.ThrowIfCancellationRequested();

                // Whatever kept us from a link may be over next time: a network, an API server, a manager's restart.
                LastLinkError = exception;
            }

            // Jitter of a quarter: after an outage not all clients come back in the same moment.
            TimeSpan jittered = pause * (0.75 + (Random.Shared.NextDouble() * 0.5));
            using var pausing = CancellationTokenSource.CreateLinkedTokenSource(stop);
            await Task.WhenAny(dialNow, Task.Delay(jittered, Options.TimeProvider, pausing.Token));
            await pausing.CancelAsync();
            stop.ThrowIfCancellationRequested();
            pause = dialNow.IsCompleted ? FirstPause : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    private Task ResetDialNowAsync()
    {
        lock (_gate)
        {
            if (_dialNow.Task.IsCompleted)
            {
                _dialNow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return _dialNow.Task;
        }
    }

    /// <summary>Dials, authenticates and greets: the session of now is resumed, or a new one has taken its place.</summary>
    private async Task<SessionLink> DialAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Options.DialTimeout, Options.TimeProvider);
        using var dialing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            Stream raw = await Options.DialLink(dialing.Token);
            string fingerprint = Options.PinnedFingerprint();
            Stream tls = await PinnedTls.ClientAsync(raw, Options.Certificate, fingerprint, dialing.Token);
            try
            {
                return await GreetAsync(tls, fingerprint, dialing.Token);
            }
            catch
            {
                await tls.DisposeAsync();
                throw;
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No session within {Options.DialTimeout.TotalSeconds:0.#} s.");
        }
    }

    private async Task<SessionLink> GreetAsync(Stream tls, string fingerprint, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> json = Options.Hello();
        Session? session = _current is { EndReason: null } ? _current : null;
        ServerHello answer;
        if (session is not null)
        {
            answer = await AskAsync(tls, new ClientHello(session.Id, session.Core.Received, json), cancellationToken);
            if (answer.Status == HelloStatus.Resumed && answer.SessionId == session.Id)
            {
                var resumed = new SessionLink(session.Core, tls);
                if (session.Core.TryAttach(resumed, answer.Received, out _))
                {
                    session.PeerHello = answer.Payload;
                    Volatile.Write(ref _link, resumed);
                    return resumed;
                }

                session.Core.End(new StreamEnd(StreamEndCode.SessionLost, "What the server has received does not fit what was sent."), tellPeer: false);
                throw new SessionProtocolException("The server resumed the session at a place that it never reached.");
            }

            Expect(answer, HelloStatus.Unknown);
            session.Core.End(new StreamEnd(StreamEndCode.SessionLost, "The server does not know the session any more."), tellPeer: false);
        }

        answer = await AskAsync(tls, new ClientHello(Guid.Empty, 0, json), cancellationToken);
        Expect(answer, HelloStatus.New);
        return Begin(answer, tls, fingerprint);
    }

    private SessionLink Begin(ServerHello answer, Stream tls, string fingerprint)
    {
        var session = new Session(answer.SessionId, isClient: true, Options.Acceptor, Options.TimeProvider, KeepAlive, answer.Grace)
        {
            PeerFingerprint = fingerprint,
            PeerHello = answer.Payload,
        };
        var link = new SessionLink(session.Core, tls);
        session.Core.TryAttach(link, 0, out _);
        Volatile.Write(ref _link, link);
        bool replaces = Interlocked.Exchange(ref _current, session) is not null;
        if (replaces)
        {
            SessionReplaced?.Invoke(session);
        }

        return link;
    }

    private static async Task<ServerHello> AskAsync(Stream tls, ClientHello hello, CancellationToken cancellationToken)
    {
        await tls.WriteAsync(HelloCodec.Write(hello), cancellationToken);
        await tls.FlushAsync(cancellationToken);
        try
        {
            return await HelloCodec.ReadServerAsync(tls, cancellationToken);
        }
        catch (EndOfStreamException end)
        {
            throw new IOException("The server closed the link without a word: it does not know this client.", end);
        }
    }

    private static void Expect(ServerHello answer, HelloStatus status)
    {
        if (answer.Status == HelloStatus.Refused)
        {
            throw new SessionRefusedException(answer.Reason);
        }

        if (answer.Status != status)
        {
            throw new SessionProtocolException($"The server answered {answer.Status} where {status} was possible.");
        }
    }

    private void SetState(SessionState state)
    {
        lock (_gate)
        {
            if (_state == state || _state == SessionState.Ended)
            {
                return;
            }

            _state = state;
        }

        StateChanged?.Invoke(this, state);
    }
}
