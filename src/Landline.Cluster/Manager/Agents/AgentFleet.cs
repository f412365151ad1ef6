using System.Collections.Concurrent;
using Landline.Cluster.Hosting;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Agents;

/// <summary>
/// All agents as one: takes what is wanted on each node, sees to it that an agent is there, tells it, and keeps what it
/// reports. An agent that hangs is deleted, so that the kernel closes what it holds. Thread-safe.
/// </summary>
internal sealed class AgentFleet
{
    /// <summary>An agent that says nothing for so long holds callers up: it is replaced, as soon as that is certain (<see cref="AgentSilence"/>).</summary>
    private static readonly TimeSpan HungAfter = TimeSpan.FromSeconds(3);

    private static readonly KeepAlive Watchful = new(LiveMessage.Interval, TimeSpan.FromSeconds(8));

    private readonly AgentRegistry _registry;
    private readonly AgentPods _pods;
    private readonly Func<string, bool> _isLive;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, AgentControl> _controls = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Node, string Attachment, string PodUid), AgentReport> _reports = new();
    private volatile IReadOnlyDictionary<string, IReadOnlyList<AgentAttachment>> _desired =
        new Dictionary<string, IReadOnlyList<AgentAttachment>>();

    /// <param name="isLive">Whether an attachment's workstation answers now.</param>
    public AgentFleet(
        AgentRegistry registry, AgentPods pods, Func<string, bool> isLive, TimeProvider timeProvider, ILogger logger)
    {
        (_registry, _pods, _isLive, _timeProvider, _logger) = (registry, pods, isLive, timeProvider, logger);
        registry.OnControl = ServeControlAsync;
    }

    /// <summary>An agent has reported something, came or went.</summary>
    public event Action? Changed;

    /// <summary>Replaces what is wanted everywhere.</summary>
    public void SetDesired(IEnumerable<(string Node, AgentAttachment Attachment)> desired)
    {
        Dictionary<string, IReadOnlyList<AgentAttachment>> byNode = desired
            .GroupBy(item => item.Node, item => item.Attachment, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => (IReadOnlyList<AgentAttachment>)[.. group], StringComparer.Ordinal);
        _desired = byNode;
        _pods.SetNeeded(byNode.Keys);
        foreach (AgentControl control in _controls.Values)
        {
            control.SetDesired(byNode.GetValueOrDefault(control.Node) ?? []);
            TellWhoIsLive(control); // At once, so that a new attachment does not wait for the next beat.
        }
    }

    public AgentReport? FindReport(string node, string attachment, string podUid) =>
        _reports.GetValueOrDefault((node, attachment, podUid));

    public AgentPeer? Find(string node) => _registry.Find(node);

    /// <summary>One sentence on why a node's agent has not reported yet.</summary>
    public string Describe(string node) => _controls.ContainsKey(node)
        ? "The agent is attaching."
        : _pods.FindTrouble(node)?.Message ?? $"The agent on node {node} starts.";

    /// <summary>Null when an agent is there, or nothing is known to be wrong.</summary>
    public AgentTrouble? FindTrouble(string node) => _controls.ContainsKey(node) ? null : _pods.FindTrouble(node);

    /// <summary>Whether no agent is there yet, but its node is making one.</summary>
    public bool IsStarting(string node) => !_controls.ContainsKey(node) && _pods.IsStarting(node);

    /// <summary>Keeps agents and tells them who is alive, until the manager stops.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Parts.RunAsync([_pods.RunAsync, BeatAsync], cancellationToken);

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(LiveMessage.Interval, _timeProvider);
        var silence = new AgentSilence(_timeProvider);
        HashSet<string> known = []; // By the pod's uid: its end takes more than a beat.
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            AgentControl[] controls = [.. _controls.Values];
            Array.ForEach(controls, TellWhoIsLive);
            IReadOnlySet<string> hung = silence.Beat(controls.Where(IsSilent).Select(control => control.Agent.PodUid));
            known.IntersectWith(controls.Select(control => control.Agent.PodUid));
            foreach (AgentControl control in controls.Where(control => hung.Contains(control.Agent.PodUid)))
            {
                if (known.Add(control.Agent.PodUid))
                {
                    AgentsLog.Hangs(_logger, control.Node, control.Agent.Pod);
                }

                _pods.Kill(control.Agent.Pod, control.Agent.PodUid);
            }
        }
    }

    private static bool IsSilent(AgentControl control) =>
        control.Agent.Session.State == SessionState.Connected && control.Agent.Session.SilentFor > HungAfter;

    private void TellWhoIsLive(AgentControl control) =>
        control.SetLive([.. control.Attachments.Distinct(StringComparer.Ordinal).Where(_isLive)]);

    private async Task ServeControlAsync(AgentPeer agent, SessionStream stream, CancellationToken cancellationToken)
    {
        stream.Accept();
        agent.Session.KeepAlive = Watchful;
        await using Stream bytes = stream.AsStream();
        using var control = new AgentControl(agent, bytes);
        control.SetDesired(_desired.GetValueOrDefault(agent.Node) ?? []);
        TellWhoIsLive(control);
        _controls[agent.Node] = control;
        try
        {
            await control.RunAsync(Note, cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Text.Json.JsonException)
        {
            AgentsLog.ControlEnded(_logger, agent.Node, e.Message);
        }
        finally
        {
            if (_controls.TryRemove(KeyValuePair.Create(agent.Node, control)))
            {
                Drop(agent.Node);
            }

            Changed?.Invoke();
        }

        void Note(ReportMessage report)
        {
            Drop(agent.Node);
            foreach (AgentReport pod in report.Pods)
            {
                _reports[(agent.Node, pod.Attachment, pod.PodUid)] = pod;
            }

            Changed?.Invoke();
        }
    }

    private void Drop(string node)
    {
        foreach ((string Node, string, string) key in _reports.Keys.Where(key => key.Node == node))
        {
            _reports.TryRemove(key, out _);
        }
    }
}
