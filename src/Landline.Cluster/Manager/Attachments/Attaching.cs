using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Replacing;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>Puts together what attaches to workloads, and connects it to the sessions.</summary>
internal sealed class Attaching : IDisposable
{
    private readonly AttachmentRegistry _registry;
    private readonly WorkstationRegistry _workstations;
    private readonly WorkstationMessages _messages = new();
    private readonly AgentPods _pods;
    private readonly AgentFleet _agents;
    private readonly WorkloadReplacer _replacer;
    private readonly AttachmentController _controller;
    private readonly WorkloadLister _lister;
    private readonly ILogger _logger;

    public Attaching(
        ManagerOptions options,
        KubernetesClient client,
        ConnectionStore connections,
        WorkstationRegistry workstations,
        AttachmentRegistry registry,
        AgentRegistry agents,
        ControlStreams control,
        StreamServices services,
        TrackedTasks tasks,
        TimeProvider timeProvider,
        ILogger logger,
        CancellationToken stopping)
    {
        (_registry, _workstations, _logger) = (registry, workstations, logger);
        var manifest = new AgentPodManifest(options.Namespace, options.Image, options.ImagePullPolicy);
        _pods = new AgentPods(client, manifest, options.AgentIdle, timeProvider, logger);
        _agents = new AgentFleet(agents, _pods, IsLive, timeProvider, logger);
        _replacer = new WorkloadReplacer(
            client, options.Image, options.ImagePullPolicy, () => _controller!.Objects, () => _controller!.Replicas, timeProvider, logger);
        _controller = new AttachmentController(
            client, workstations, _messages, connections, registry, _agents, _replacer, CanBothMatch, timeProvider, logger);
        _lister = new WorkloadLister(client, () => _controller.Objects, () => _controller.Replicas, connections);
        var streams = new WorkloadStreams(key => _controller.Attached.GetValueOrDefault(key), _agents, timeProvider);
        services.OnWorkload = streams.ServeAsync;
        control.Received += _messages.Received;
        control.Opened += (workstation, lines, ends) => tasks.Run(() => _messages.PumpAsync(workstation, lines, ends));
        _messages.WorkloadsAsked += (workstation, question) => tasks.Run(() => AnswerAsync(workstation, question, stopping));
    }

    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(
        _controller.RunAsync(cancellationToken),
        _agents.RunAsync(cancellationToken),
        _replacer.RunAsync(_controller.Known, cancellationToken));

    public void Dispose()
    {
        _controller.Dispose();
        _replacer.Dispose();
        _pods.Dispose();
    }

    private static bool CanBothMatch(HttpMatch one, HttpMatch other) =>
        !HttpFilter.TryCompile(one, out HttpFilter first, out _)
        || !HttpFilter.TryCompile(other, out HttpFilter second, out _)
        || HttpFilter.CanBothMatch(first, second);

    // Heard of within the last moments, over a link that stands: what a caller is sent there is answered.
    private bool IsLive(string attachment) =>
        ObjectKey.TryParse(attachment, out ObjectKey key)
        && _registry.Find(key) is { } active
        && _workstations.Find(active.Connection) is { Session: { State: SessionState.Connected } session }
        && session.SilentFor < LiveMessage.SilenceAllowed;

    private async Task AnswerAsync(WorkstationPeer workstation, ListWorkloadsMessage question, CancellationToken cancellationToken)
    {
        IReadOnlyList<WorkloadInfo> workloads = [];
        try
        {
            workloads = await _lister.ListAsync(workstation.Key.Namespace, cancellationToken);
        }
        catch (Exception e) when (e is KubernetesApiException or KubernetesConnectionException)
        {
            AttachmentsLog.NotListed(_logger, workstation.Key.Namespace, e.Message);
        }

        _messages.Send(workstation.Key, new WorkloadsMessage { Request = question.Request, Workloads = workloads });
    }
}
