using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Discovery;
using Landline.Cluster.Manager.Dns;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Outbound;
using Landline.Cluster.Manager.Sessions;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager;

/// <summary>
/// The whole manager: puts its parts together, runs them, and takes them down in an order that lets workstations move
/// to the next one. Keeps nothing beyond its life but the API server's objects, and its key for no longer either.
/// </summary>
internal sealed class ManagerProcess : IDisposable
{
    /// <summary>Of the pod's terminationGracePeriodSeconds (20), the larger half.</summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _streams = new();
    private readonly CancellationTokenSource _links = new();
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly X509Certificate2 _certificate;
    private readonly TrackedTasks _tasks;
    private readonly ConnectionStore _connections;
    private readonly ConnectionKeeper _keeper;
    private readonly Announcement _announcement;
    private readonly ClusterWatch _cluster;
    private readonly SessionServer _server;
    private readonly SessionListener _listener;
    private readonly SessionListener _webSockets;
    private readonly AgentTokens _agentTokens;
    private readonly Attaching _attaching;
    private volatile bool _draining;

    public ManagerProcess(
        ManagerOptions options, KubernetesClient client, ResolverConfiguration resolver, string version, TimeProvider timeProvider, ILogger logger)
    {
        (_timeProvider, _logger) = (timeProvider, logger);
        _certificate = PinnedTls.CreateCertificate(timeProvider);
        _tasks = new TrackedTasks(logger);
        _connections = new ConnectionStore(client, timeProvider, logger);
        Facts = new ClusterFacts(ClusterWatch.Start(resolver, version));
        _cluster = new ClusterWatch(client, Facts, options.Namespace, timeProvider, logger);
        Control = new ControlStreams(Facts, timeProvider, logger);

        var targets = new TargetResolver(new DialPolicy(options.PodAddresses, options.DeniedSubnets));
        Services = new StreamServices(
            new TcpStreams(targets, Metrics, timeProvider),
            new DatagramStreams(targets, Metrics, timeProvider),
            new DnsStreams(new DnsForwarder(resolver.NameServers, timeProvider), Metrics),
            Control);
        var hub = new SessionHub(
            Services, Workstations, Agents, new InboundRelay(Attachments, Workstations, Metrics, timeProvider),
            Metrics, _tasks, timeProvider, logger, _streams.Token);
        _agentTokens = new AgentTokens(client, options.Namespace);
        var gate = new SessionGate(_connections, _agentTokens, logger);
        _server = new SessionServer(new SessionServerOptions
        {
            Certificate = _certificate,
            Authorize = gate.AuthorizeAsync,
            OnNewSession = hub.Start,
            Acceptor = hub.Accept,
            Grace = SessionHub.GraceOf,
            Hello = () => JsonSerializer.SerializeToUtf8Bytes(
                new ManagerHello { Version = version, Pod = options.PodName }, ProtocolJson.Default.ManagerHello),
            TimeProvider = timeProvider,
            OnLinkFailed = OnLinkFailed,
        });
        _listener = new SessionListener(options.Listen, _server, tunnel: null, _tasks, timeProvider, logger);
        _webSockets = new SessionListener(options.WebSocket, _server, WebSocketLinks.AcceptAsync, _tasks, timeProvider, logger);
        Fingerprint = PinnedTls.FingerprintOf(_certificate);
        _announcement = new Announcement(
            client, options.Namespace, options.PodName, Fingerprint, _listener.EndPoint.Port, _webSockets.EndPoint.Port, version, timeProvider, logger);
        _attaching = new Attaching(
            options, client, _connections, _announcement, Workstations, Attachments, Agents, Control, Services, _tasks, timeProvider, logger,
            _streams.Token);
        _keeper = new ConnectionKeeper(client, _connections, Workstations, _announcement, Metrics, _tasks, timeProvider, logger);
    }

    public ManagerMetrics Metrics { get; } = new();

    public WorkstationRegistry Workstations { get; } = new();

    public AgentRegistry Agents { get; } = new();

    public AttachmentRegistry Attachments { get; } = new();

    public ControlStreams Control { get; }

    public StreamServices Services { get; }

    public ClusterFacts Facts { get; }

    public string Fingerprint { get; }

    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Whether workstations should come here: it knows the Connections, its key is announced, it does not stop.</summary>
    public bool IsReady => !_draining && _announcement.Written.IsCompleted && _connections.Objects.Synced.IsCompleted;

    /// <summary>Runs until it is told to stop, then drains and ends every session. Once. Throws only what is a defect.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] parts =
        [
            _listener.RunAsync(_links.Token, stop.Token),
            _webSockets.RunAsync(_links.Token, stop.Token),
            _connections.Objects.RunAsync(stop.Token),
            _cluster.RunAsync(stop.Token),
            AnnounceAsync(stop.Token),
            _keeper.RunAsync(stop.Token),
            _attaching.RunAsync(stop.Token),
        ];
        Task first = await Task.WhenAny(parts);
        _draining = true;
        await stop.CancelAsync();
        await DrainAsync();
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first.IsFaulted)
        {
            await first;
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _webSockets.Dispose();
        _attaching.Dispose();
        _agentTokens.Dispose();
        _streams.Dispose();
        _links.Dispose();
        _certificate.Dispose();
    }

    private async Task DrainAsync()
    {
        // Who dials now is refused at once, and dials the next manager, instead of waiting for one that accepts nobody.
        _listener.Dispose();
        _webSockets.Dispose();
        SessionsLog.Draining(_logger, _server.Sessions.Count, (int)DrainTime.TotalSeconds);
        await _server.DrainAsync(DrainTime, CancellationToken.None);
        await _streams.CancelAsync();
        await _server.DisposeAsync(); // Tells the peers that their sessions are over.
        await _links.CancelAsync();
        await _tasks.CloseAsync();
    }

    // The key is told only when whoever comes with it is let in at once.
    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        await _connections.Objects.Synced.WaitAsync(cancellationToken);
        await _announcement.RunAsync(cancellationToken);
    }

    private void OnLinkFailed(Exception failure)
    {
        Metrics.LinkRefused();
        SessionsLog.LinkTurnedAway(_logger, failure.Message);
    }
}
