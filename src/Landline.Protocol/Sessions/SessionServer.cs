using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using Landline.Protocol.Frames;
using Landline.Protocol.Links;
using Landline.Protocol.Loops;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <summary>Authenticates raw links and hands out sessions, which outlive their links by the grace period.</summary>
public sealed class SessionServer(SessionServerOptions options) : IAsyncDisposable
{
    private static readonly StreamEnd Stopping = new(StreamEndCode.SessionLost, "The server stopped.");

    private readonly ConcurrentDictionary<Guid, Session> _sessions = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Handshakes _handshakes = new(options.ConcurrentHandshakes, options.TimeProvider);
    private volatile bool _drains;

    public SessionServerOptions Options { get; } = options;

    public IReadOnlyCollection<Session> Sessions => [.. _sessions.Values];

    /// <summary>
    /// Serves one link and disposes it; returns when the link is gone. Never throws for the peer's sake. Canceling closes
    /// the link, not its session.
    /// </summary>
    public Task ServeLinkAsync(Stream rawLink, CancellationToken cancellationToken) => ServeLinkAsync(rawLink, null, cancellationToken);

    /// <summary>The same for a connection that may begin with a tunnel.</summary>
    /// <param name="tunnel">Accepts it within the time of a handshake, and returns the link in it; null: the connection is a link itself.</param>
    public async Task ServeLinkAsync(
        Stream rawLink, Func<Stream, CancellationToken, Task<Stream>>? tunnel, CancellationToken cancellationToken)
    {
        // Whoever finds no place is closed at once: waiting would only queue up whoever floods us.
        Handshakes.Place? place = _drains ? null : _handshakes.TryEnter(SocketLink.Under(rawLink)?.RemoteAddress);
        if (place is null)
        {
            await rawLink.DisposeAsync();
            return;
        }

        SslStream? tls = null;
        (Session Session, SessionLink Link)? attached = null;
        using var serving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        try
        {
            using (place)
            {
                using var deadline = new CancellationTokenSource(Options.HandshakeTimeout, Options.TimeProvider);
                using var handshake = CancellationTokenSource.CreateLinkedTokenSource(serving.Token, deadline.Token, place.Ended);
                Stream link = tunnel is null ? rawLink : await tunnel(rawLink, handshake.Token);
                tls = await PinnedTls.ServerAsync(link, Options.Certificate, handshake.Token);
                attached = await WelcomeAsync(tls, handshake.Token);
            }

            if (attached is { } running)
            {
                await using CancellationTokenRegistration abort = serving.Token.UnsafeRegister(
                    static link => ((SessionLink)link!).Abort(), running.Link);
                await running.Session.RunLinkAsync(running.Link);
                Options.OnLinkFailed?.Invoke(running.Link.Failure!);
            }
        }
        catch (Exception exception)
        {
            // Whatever a peer, its link or its authorization throws concerns this link only; the owner reports it.
            Options.OnLinkFailed?.Invoke(exception);
        }
        finally
        {
            if (tls is not null)
            {
                await tls.DisposeAsync();
            }

            await rawLink.DisposeAsync();
        }
    }

    /// <summary>Takes no new sessions and streams, and waits until nobody's connections are open, at most for the deadline.</summary>
    public async Task DrainAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        _drains = true;
        using var late = new CancellationTokenSource(deadline, Options.TimeProvider);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            Session[] sessions = [.. _sessions.Values];
            Array.ForEach(sessions, static session => session.GoAway());
            await Task.WhenAll(sessions.Select(session => session.Core.WhenIdleAsync(waiting.Token)));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The deadline: what is still open ends with the sessions.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _drains = true;
        await Task.WhenAll(_sessions.Values.Select(static session => session.EndAsync(Stopping).AsTask()));
        await _stop.CancelAsync();
        _stop.Dispose();
    }

    /// <summary>Null = the peer is turned away, and nothing was sent to it unless it was known.</summary>
    private async Task<(Session, SessionLink)?> WelcomeAsync(SslStream tls, CancellationToken cancellationToken)
    {
        string fingerprint = PinnedTls.FingerprintOf(tls.RemoteCertificate!);
        ClientHello hello = await HelloCodec.ReadClientAsync(tls, cancellationToken);
        if (hello.SessionId != Guid.Empty && hello.Version == HelloCodec.Version)
        {
            if (_sessions.TryGetValue(hello.SessionId, out Session? known) && PinnedTls.AreSame(known.PeerFingerprint, fingerprint))
            {
                var link = new SessionLink(known.Core, tls);
                if (known.Core.TryAttach(link, hello.Received, out long received))
                {
                    known.PeerHello = hello.Json;
                    return await AnswerAsync(HelloStatus.Resumed, known, link, received, tls, cancellationToken);
                }
            }
        }

        var identity = new ClientIdentity(fingerprint, hello.Json);
        object? authorization;
        try
        {
            authorization = await Options.Authorize(identity, cancellationToken).WaitAsync(cancellationToken);
        }
        catch (SessionRefusedException refusal)
        {
            await RefuseAsync(tls, refusal.Message, cancellationToken);
            return null;
        }

        if (authorization is null)
        {
            throw new AuthenticationException($"The client {fingerprint} is not known.");
        }

        if (hello.Version != HelloCodec.Version)
        {
            await RefuseAsync(
                tls, $"The server speaks version {HelloCodec.Version} of the session protocol, the client version {hello.Version}.", cancellationToken);
            return null;
        }

        if (hello.SessionId != Guid.Empty)
        {
            var unknown = new ServerHello(HelloStatus.Unknown, hello.SessionId, 0, TimeSpan.Zero, ReadOnlyMemory<byte>.Empty);
            await SendAsync(tls, unknown, cancellationToken);
            hello = await HelloCodec.ReadClientAsync(tls, cancellationToken);
            if (hello.SessionId != Guid.Empty)
            {
                throw new SessionProtocolException("The client asks twice for a session that is not known.");
            }
        }

        return await BeginAsync(fingerprint, hello, authorization, tls, cancellationToken);
    }

    private async Task<(Session, SessionLink)?> BeginAsync(
        string fingerprint, ClientHello hello, object authorization, SslStream tls, CancellationToken cancellationToken)
    {
        var session = new Session(
            Guid.NewGuid(), isClient: false, Options.Acceptor, Options.TimeProvider, Options.KeepAlive, Options.Grace(authorization))
        {
            Authorization = authorization,
            PeerFingerprint = fingerprint,
            PeerHello = hello.Json,
            Loop = SocketLink.Under(tls)?.Loop ?? EventLoop.Next(),
        };
        var link = new SessionLink(session.Core, tls);
        session.Core.TryAttach(link, 0, out long received);
        session.StateChanged += OnStateChanged;
        _sessions[session.Id] = session;
        try
        {
            Options.OnNewSession(session, authorization);
            if (_drains)
            {
                throw new IOException("The server is stopping."); // A drain may have missed this session.
            }

            return await AnswerAsync(HelloStatus.New, session, link, received, tls, cancellationToken);
        }
        catch
        {
            // The client never learnt its number.
            session.Core.End(Stopping, tellPeer: false);
            throw;
        }
    }

    private void OnStateChanged(Session session, SessionState state)
    {
        if (state == SessionState.Ended)
        {
            _sessions.TryRemove(session.Id, out _);
        }
    }

    private async Task<(Session, SessionLink)?> AnswerAsync(
        HelloStatus status, Session session, SessionLink link, long received, SslStream tls, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(tls, new ServerHello(status, session.Id, received, session.Grace, Options.Hello()), cancellationToken);
            return (session, link);
        }
        catch
        {
            session.Core.Detach(link);
            throw;
        }
    }

    private static Task RefuseAsync(SslStream tls, string reason, CancellationToken cancellationToken) => SendAsync(
        tls,
        new ServerHello(HelloStatus.Refused, Guid.Empty, 0, TimeSpan.Zero, Encoding.UTF8.GetBytes(reason)),
        cancellationToken);

    private static async Task SendAsync(SslStream tls, ServerHello hello, CancellationToken cancellationToken)
    {
        await tls.WriteAsync(HelloCodec.Write(hello), cancellationToken);
        await tls.FlushAsync(cancellationToken);
    }
}
