using System.Collections.Concurrent;
using Landline.Kubernetes.Resources;

namespace Landline.Cluster.Manager.Agents;

/// <summary>
/// What is known of the agents that are not there yet, node by node: whether one is being made, and why not. One task
/// notes and forgets; any thread may ask.
/// </summary>
internal sealed class AgentStarts(TimeProvider timeProvider)
{
    /// <summary>A kubelet that works takes a pod up within a second.</summary>
    private static readonly TimeSpan TakenWithin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, AgentTrouble> _troubles = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _starting = new(StringComparer.Ordinal); // A set.
    private readonly Dictionary<string, NodeRejections> _rejections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Uid, DateTimeOffset Since)> _seen = new(StringComparer.Ordinal);

    /// <summary>Null when nothing is known to be wrong.</summary>
    public AgentTrouble? FindTrouble(string node) => _troubles.GetValueOrDefault(node);

    /// <summary>Whether the node is at making an agent.</summary>
    public bool IsStarting(string node) => _starting.ContainsKey(node);

    /// <summary>Forgets the nodes that need no agent (any more); how a node turns pods down, only where none is left.</summary>
    public void Forget(Func<string, bool> isNeeded, Func<string, bool> hasPod)
    {
        foreach (string node in _troubles.Keys.Concat(_starting.Keys).Concat(_seen.Keys).Where(node => !isNeeded(node)).ToArray())
        {
            _troubles.TryRemove(node, out _);
            _starting.TryRemove(node, out _);
            _seen.Remove(node);
        }

        foreach (string node in _rejections.Keys.Where(node => !isNeeded(node) && !hasPod(node)).ToArray())
        {
            _rejections.Remove(node);
        }
    }

    /// <summary>The API server has taken a pod.</summary>
    public void NoteCreated(string node)
    {
        _starting.TryRemove(node, out _);
        if (!_rejections.ContainsKey(node))
        {
            _troubles.TryRemove(node, out _);
        }
    }

    /// <returns>Whether that is news.</returns>
    public bool NoteNotCreated(string node, AgentTrouble trouble)
    {
        _starting.TryRemove(node, out _);
        bool isNews = _troubles.GetValueOrDefault(node) != trouble;
        _troubles[node] = trouble;
        return isNews;
    }

    /// <summary>The pod as the node tells of it.</summary>
    public void Note(string node, Pod pod)
    {
        WaitingState? waiting = pod.Status.ContainerStatuses.FirstOrDefault(status => status.Name == AgentPodManifest.ContainerName)?.State.Waiting;
        if (waiting?.Reason == "ContainerCreating")
        {
            _starting[node] = true;
        }
        else
        {
            _starting.TryRemove(node, out _);
        }

        if (pod.Status.Phase == "Failed")
        {
            _troubles[node] = AgentTrouble.NotStarted(pod.Metadata.Name!, pod.Status.Reason ?? "Failed", pod.Status.Message);
        }
        else if (waiting?.Reason is { } reason && reason != "ContainerCreating")
        {
            _troubles[node] = AgentTrouble.NotStarted(pod.Metadata.Name!, reason, waiting.Message);
        }
        else if (pod.Status.Phase != "Running" && pod.Status.ContainerStatuses.Count == 0 && AgeOf(node, pod) >= TakenWithin)
        {
            _troubles[node] = AgentTrouble.NotTaken(pod.Metadata.Name!, node);
        }
        else if (pod.Status.Phase == "Running" || !_rejections.ContainsKey(node))
        {
            _rejections.Remove(node);
            _troubles.TryRemove(node, out _);
        }
    }

    /// <summary>
    /// A node that is full rejects a pod in the moment in which it is made. The one that was rejected stays and tells why
    /// until the next try.
    /// </summary>
    public bool MayBeReplaced(Pod pod)
    {
        string node = pod.Spec.NodeName ?? "";
        if (!_rejections.TryGetValue(node, out NodeRejections? rejections))
        {
            _rejections[node] = rejections = new NodeRejections();
        }

        return rejections.MayTryAgain(pod.Metadata.Uid ?? "", timeProvider.GetUtcNow());
    }

    // By this clock: the API server's may be another.
    private TimeSpan AgeOf(string node, Pod pod)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        if (!_seen.TryGetValue(node, out (string Uid, DateTimeOffset Since) seen) || seen.Uid != pod.Metadata.Uid)
        {
            _seen[node] = seen = (pod.Metadata.Uid ?? "", now);
        }

        return now - seen.Since;
    }
}
