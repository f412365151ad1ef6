using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Threading.Channels;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>
/// A manager as far as a daemon sees it when it attaches: real sessions over TCP, control streams that answer, inbound
/// streams that the test opens, workload streams that it serves.
/// </summary>
internal sealed class ManagerStandIn : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2 _certificate = PinnedTls.CreateCertificate(TimeProvider.System);
    private readonly ConcurrentBag<Task> _work = [];
    private readonly ConcurrentDictionary<TcpClient, byte> _links = new();
    private readonly Channel<ConfirmAttachmentMessage> _confirmed = Channel.CreateBounded<ConfirmAttachmentMessage>(64);
    private readonly Task _accepting;
    private SessionServer _server;
    private volatile JsonLines<ManagerMessage>? _control;
    private volatile Session? _session;

    public ManagerStandIn()
    {
        _server = NewServer();
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>For <c>--manager-address</c>.</summary>
    public string Address => _listener.LocalEndpoint.ToString()!;

    public string Fingerprint => PinnedTls.FingerprintOf(_certificate);

    /// <summary>What an attachment becomes as soon as it is confirmed; null: nothing is said.</summary>
    public Func<ConfirmAttachmentMessage, AttachmentStatus?> Answer { get; set; } = _ => Active(8080, 8080);

    /// <summary>The answer to the question for workloads.</summary>
    public WorkloadsMessage Listing { get; set; } = new();

    /// <summary>The first thing that it says.</summary>
    public ClusterMessage Cluster { get; set; } = new() { ClusterDomain = "cluster.local", Namespaces = ["work"] };

    /// <summary>Serves Workload streams; accepts or refuses them.</summary>
    public Func<SessionStream, WorkloadOpen, Task> ServeWorkload { get; set; } = (stream, _) =>
    {
        stream.Refuse(new StreamEnd(StreamEndCode.Unavailable, "no replica with an agent beside it runs"));
        return Task.CompletedTask;
    };

    public ChannelReader<ConfirmAttachmentMessage> Confirmed => _confirmed.Reader;

    public Session Session => _session!;

    /// <summary>While false, links are closed at once: the network is gone.</summary>
    public bool IsReachable { get; set; } = true;

    public static AttachmentStatus Active(int port, int workstationPort, PortProtocol protocol = PortProtocol.Tcp) => new()
    {
        Phase = AttachmentPhase.Active,
        Workload = new AttachmentWorkload { ApiVersion = "apps/v1", Kind = "Deployment", Name = "web" },
        Container = "app",
        Ports = [new AttachedPort { Port = port, Protocol = protocol, WorkstationPort = workstationPort, Name = "http" }],
        Pods = [new AttachedPod { Name = "web-1", Node = "node1", Uid = "p1", State = AttachedPodState.Captured }],
    };

    public async Task<Stream> DialAsync(CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)_listener.LocalEndpoint, cancellationToken);
        return TcpLink.Prepare(client.Client);
    }

    /// <summary>What the cluster has become.</summary>
    public async Task TellAsync(ClusterMessage cluster) => await _control!.WriteAsync(cluster, Deadline.Token);

    public async Task TellAsync(string name, string uid, AttachmentStatus status) => await _control!.WriteAsync(
        new AttachmentMessage { Namespace = "work", Name = name, Uid = uid, Status = status }, Deadline.Token);

    /// <summary>As an agent's connection comes: null when the workstation accepts, otherwise why not.</summary>
    public async Task<(SessionStream Stream, StreamEnd? Refusal)> OpenInboundAsync(InboundOpen open)
    {
        SessionStream stream = Session.Open(
            StreamKind.Inbound, JsonSerializer.SerializeToUtf8Bytes(open, ProtocolJson.Default.InboundOpen));
        return (stream, await stream.Opened.WaitAsync(Deadline.Token));
    }

    /// <summary>Another process that knows no session.</summary>
    public async Task RestartAsync()
    {
        SessionServer old = _server;
        _server = NewServer();
        CutLinks();
        await old.DisposeAsync();
    }

    public void CutLinks()
    {
        foreach (TcpClient link in _links.Keys)
        {
            _links.TryRemove(link, out _);
            link.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _server.DisposeAsync();
        await _accepting;
        await Task.WhenAll(_work).WaitAsync(Deadline.Token);
        _certificate.Dispose();
    }

    private SessionServer NewServer() => new(new SessionServerOptions
    {
        Certificate = _certificate,
        Authorize = (_, _) => Task.FromResult<object?>("workstation"),
        OnNewSession = (session, _) => _session = session,
        Acceptor = (_, stream) => _work.Add(Task.Run(() => ServeAsync(stream))),
    });

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient link = await _listener.AcceptTcpClientAsync(_stop.Token);
                if (!IsReachable)
                {
                    link.Dispose();
                    continue;
                }

                _links[link] = 0;
                _work.Add(_server.ServeLinkAsync(TcpLink.Prepare(link.Client), _stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(SessionStream stream)
    {
        try
        {
            if (stream.Kind == StreamKind.Control)
            {
                await ServeControlAsync(stream);
            }
            else if (stream.Kind == StreamKind.Workload)
            {
                await ServeWorkload(stream, JsonSerializer.Deserialize(stream.OpenPayload.Span, ProtocolJson.Default.WorkloadOpen)!);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The session or the test is over.
        }
    }

    private async Task ServeControlAsync(SessionStream stream)
    {
        stream.Accept();
        using var lines = new JsonLines<ManagerMessage>(stream.AsStream(), ProtocolJson.Default.ManagerMessage);
        _control = lines;
        await lines.WriteAsync(Cluster, _stop.Token);
        while (await lines.ReadAsync(_stop.Token) is { } message)
        {
            switch (message)
            {
                case ConfirmAttachmentMessage confirmation:
                    _confirmed.Writer.TryWrite(confirmation);
                    if (Answer(confirmation) is { } status)
                    {
                        await TellAsync(confirmation.Name, confirmation.Uid, status);
                    }

                    break;
                case ListWorkloadsMessage question:
                    await lines.WriteAsync(Listing with { Request = question.Request }, _stop.Token);
                    break;
            }
        }
    }
}
