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

    public Attaching(
        ManagerOptions options,
        KubernetesClient client,
        ConnectionStore connections,
        Announcement announcement,
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
        (_registry, _workstations) = (registry, workstations);
        var manifest = new AgentPodManifest(options.Namespace, options.Image, options.ImagePullPolicy);
        _pods = new AgentPods(client, manifest, options.AgentIdle, announcement.IsCurrentAsync, timeProvider, logger);
        _agents = new AgentFleet(agents, _pods, IsLive, timeProvider, logger);
        _replacer = new WorkloadReplacer(
            client, options.Image, options.ImagePullPolicy, () => _controller!.Connected, () => _controller!.Replicas, timeProvider, logger);
        _controller = new AttachmentController(
            client, workstations, _messages, connections, registry, _agents, _replacer, CanBothMatch, timeProvider, logger);
        var lister = new WorkloadLister(client, () => _controller.Objects, () => _controller.Replicas, connections);
        var answers = new WorkloadAnswers(lister.ListAsync, _messages.Send, logger);
        var streams = new WorkloadStreams(key => _controller.Attached.GetValueOrDefault(key), _agents, timeProvider);
        services.OnWorkload = streams.ServeAsync;
        control.Received += _messages.Received;
        control.Opened += (workstation, lines, ends) => tasks.Run(() => _messages.PumpAsync(workstation, lines, ends));
        _messages.WorkloadsAsked += (workstation, question) => tasks.Run(() => answers.AnswerAsync(workstation.Key, question.Request, stopping));
    }

    public Task RunAsync(CancellationToken cancellationToken) => Parts.RunAsync(
        [_controller.RunAsync, _agents.RunAsync, token => _replacer.RunAsync(_controller.Known, token)], cancellationToken);

    public void Dispose()
    {
        _controller.Dispose();
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
        && _workstations.Find(active.Connection, active.ConnectionUid) is { Session: { State: SessionState.Connected } session }
        && session.SilentFor < LiveMessage.SilenceAllowed;
}
