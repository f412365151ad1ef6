using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Landline.Cluster.Agent.Capture;
using Landline.Cluster.Agent.Containers;
using Landline.Cluster.Agent.Control;
using Landline.Cluster.Agent.Sessions;
using Landline.Cluster.Agent.Wiretap;
using Landline.Cluster.Agent.Workloads;
using Landline.Cluster.Hosting;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent;

/// <summary>
/// The whole agent: a session with the manager, the pods that are attached to, and what workstations want of them. When it
/// ends, in whatever way, the kernel takes its rules out of the pods.
/// </summary>
internal sealed class AgentProcess : IDisposable
{
    private static readonly TimeSpan PauseBetweenDials = TimeSpan.FromMilliseconds(200);

    /// <summary>The manager hears of an agent that hangs within seconds, and the agent of a manager that does.</summary>
    private static readonly KeepAlive Watchful = new(LiveMessage.Interval, TimeSpan.FromSeconds(8));

    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly X509Certificate2 _certificate;
    private readonly SessionClient _sessions;
    private readonly TrackedTasks _tasks;
    private readonly LiveAttachments _live;
    private readonly AttachedPods _pods;
    private readonly WorkloadStreamServer _workloads;

    public AgentProcess(AgentOptions options, KubernetesClient client, string version, TimeProvider timeProvider, ILogger logger)
    {
        (_timeProvider, _logger) = (timeProvider, logger);
        _certificate = PinnedTls.CreateCertificate(timeProvider);
        _tasks = new TrackedTasks(logger);
        _live = new LiveAttachments(timeProvider);
        var dialer = new ManagerDialer(options, client, version);
        _sessions = new SessionClient(new SessionClientOptions
        {
            DialLink = dialer.DialAsync,
            Certificate = _certificate,
            PinnedFingerprint = () => dialer.Fingerprint,
            Hello = dialer.Hello,
            Acceptor = Accept,
            TimeProvider = timeProvider,
            KeepAlive = Watchful,
        });
        var containers = new ContainerFinder(options.Proc) { TimeProvider = timeProvider };
        var parts = new PodParts(
            options.Proc, containers, new ConnectionOwner(options.Proc, containers), _live,
            new WorkstationDial(_sessions, timeProvider), _tasks, SpareTime.OfNode(options.Proc, timeProvider), timeProvider);
        _pods = new AttachedPods(parts, _tasks, logger, _stop.Token);
        _workloads = new WorkloadStreamServer(_pods.Find, containers, CaptureRules.Mark, timeProvider, logger);
        _live.Changed += _pods.Wake;
        _sessions.StateChanged += (_, state) =>
        {
            // Without a link nobody can be reached: callers go to the originals at once.
            if (state != SessionState.Connected)
            {
                _live.Forget();
            }
        };
    }

    /// <summary>Runs until it is told to stop; then every pod is as it was before.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ConnectAsync(cancellationToken);
            await new ManagerControl(_sessions, _pods, _live, _timeProvider, _logger).RunAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Told to.
        }

        await _stop.CancelAsync();
        await _tasks.CloseAsync();
        await _sessions.DisposeAsync();
    }

    public void Dispose()
    {
        _stop.Dispose();
        _certificate.Dispose();
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        string? told = null;
        while (true)
        {
            try
            {
                Session session = await _sessions.StartAsync(cancellationToken);
                AgentLog.Connected(_logger, session.Id);
                return;
            }
            catch (Exception e) when (e is IOException or AuthenticationException or TimeoutException or SessionRefusedException
                or KubernetesApiException or KubernetesConnectionException or UnauthorizedAccessException)
            {
                if (e.Message != told)
                {
                    AgentLog.NotConnected(_logger, e.Message);
                }

                told = e.Message;
                await Task.Delay(PauseBetweenDials, _timeProvider, cancellationToken);
            }
        }
    }

    private void Accept(Session session, SessionStream stream)
    {
        if (stream.Kind == StreamKind.Workload)
        {
            _tasks.Run(() => _workloads.ServeAsync(stream, _stop.Token));
        }
        else
        {
            stream.Refuse(new(StreamEndCode.NotAllowed, $"an agent serves no {stream.Kind} streams"));
        }
    }
}
