using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol;

/// <summary>
/// A SessionServer behind a real TCP listener, and clients for it. Every link passes through here, so that a test can
/// cut it, refuse the next ones and look at what crossed it.
/// </summary>
internal sealed class TlsEndpoints : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _links = [];
    private readonly ConcurrentDictionary<Socket, MutableStream> _dialed = new();
    private readonly Channel<SessionStream> _offered = Channel.CreateBounded<SessionStream>(1024);
    private readonly Channel<Session> _sessions = Channel.CreateBounded<Session>(1024);
    private readonly Channel<Exception> _failures = Channel.CreateBounded<Exception>(1024);
    private readonly Channel<int> _failedDials = Channel.CreateBounded<int>(
        new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _accepting;

    public TlsEndpoints(TimeProvider? time = null, TimeSpan? grace = null)
    {
        Time = time ?? TimeProvider.System;
        ServerCertificate = PinnedTls.CreateCertificate(TimeProvider.System);
        ClientCertificate = PinnedTls.CreateCertificate(TimeProvider.System);
        Server = NewServer(grace ?? TimeSpan.FromMinutes(2));
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public TimeProvider Time { get; }

    public X509Certificate2 ServerCertificate { get; private set; }

    public X509Certificate2 ClientCertificate { get; }

    public SessionServer Server { get; private set; }

    public EndPoint Address => _listener.LocalEndPoint!;

    /// <summary>Where clients dial from, as the server sees it.</summary>
    public IPAddress ClientAddress { get; set; } = IPAddress.Loopback;

    /// <summary>While true, dialing fails: the network is gone.</summary>
    public bool IsUnreachable { get; set; }

    public int Dials { get; private set; }

    /// <summary>How many dials there had been when one failed because the network is gone.</summary>
    public ChannelReader<int> FailedDials => _failedDials.Reader;

    /// <summary>Replaced by tests that want to refuse.</summary>
    public Func<ClientIdentity, Task<object?>>? Authorize { get; set; }

    public ChannelReader<SessionStream> Offered => _offered.Reader;

    public ChannelReader<Session> NewSessions => _sessions.Reader;

    public ChannelReader<Exception> LinkFailures => _failures.Reader;

    public SessionClient NewClient(
        X509Certificate2? certificate = null,
        StreamAcceptor? acceptor = null,
        string? pinned = null,
        ReadOnlyMemory<byte>? hello = null) => new(new SessionClientOptions
    {
        DialLink = DialAsync,
        Certificate = certificate ?? ClientCertificate,
        PinnedFingerprint = () => pinned ?? PinnedTls.FingerprintOf(ServerCertificate),
        Hello = () => hello ?? """{"role":"test"}"""u8.ToArray(),
        Acceptor = acceptor ?? Refuse,
        TimeProvider = Time,
    });

    public async Task<Socket> DialRawAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Address, Deadline.Token);
        return socket;
    }

    /// <summary>Breaks every link there is, in the middle of whatever is on its way.</summary>
    public void CutLinks()
    {
        foreach ((Socket socket, MutableStream link) in _dialed)
        {
            _dialed.TryRemove(socket, out _);
            socket.LingerState = new LingerOption(true, 0);
            link.Dispose(); // Who reads it notices, which the socket alone would not bring about.
        }
    }

    /// <summary>From now on nothing crosses the links there are, and neither side sees an error.</summary>
    public void MuteLinks()
    {
        foreach (MutableStream link in _dialed.Values)
        {
            link.IsMute = true;
        }
    }

    /// <summary>A new server process: it knows no sessions.</summary>
    /// <param name="certificate">Instead of the one that it had.</param>
    public async Task RestartServerAsync(X509Certificate2? certificate = null)
    {
        SessionServer old = Server;
        ServerCertificate = certificate ?? ServerCertificate;
        Server = NewServer(TimeSpan.FromMinutes(2));
        CutLinks();
        await old.DisposeAsync();
    }

    /// <summary>The server process stops as it should, and another takes its place.</summary>
    public async Task ReplaceServerAsync()
    {
        SessionServer old = Server;
        Server = NewServer(TimeSpan.FromMinutes(2));
        await old.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await Server.DisposeAsync();
        await _accepting;
        await Task.WhenAll(_links).WaitAsync(Deadline.Token);
    }

    private SessionServer NewServer(TimeSpan grace) => new(new SessionServerOptions
    {
        Certificate = ServerCertificate,
        Authorize = (identity, _) => Authorize is { } authorize
            ? authorize(identity)
            : Task.FromResult<object?>(identity.Fingerprint == PinnedTls.FingerprintOf(ClientCertificate) ? "known" : null),
        OnNewSession = (session, _) => _sessions.Writer.TryWrite(session),
        Acceptor = (_, stream) => _offered.Writer.TryWrite(stream),
        Grace = _ => grace,
        TimeProvider = Time,
        OnLinkFailed = failure => _failures.Writer.TryWrite(failure),
    });

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket accepted = await _listener.AcceptAsync(_stop.Token);
                _links.Add(Server.ServeLinkAsync(TcpLink.Prepare(accepted), _stop.Token));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Disposed.
        }
    }

    private async Task<Stream> DialAsync(CancellationToken cancellationToken)
    {
        Dials++;
        if (IsUnreachable)
        {
            _failedDials.Writer.TryWrite(Dials);
            throw new IOException("The network is gone.");
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(ClientAddress, 0));
        await socket.ConnectAsync(Address, cancellationToken);
        return _dialed[socket] = new MutableStream(TcpLink.Prepare(socket));
    }

    private static void Refuse(Session session, SessionStream stream) =>
        stream.Refuse(new StreamEnd(StreamEndCode.NotAllowed, "Nothing is opened in this direction."));
}
