using System.Collections.Concurrent;
using Landline.Cluster.Manager.Watching;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Agents;

/// <summary>
/// The agents' pods: made on a node when something is attached there, deleted when nothing has been for a while. One task
/// acts; any thread may say what is needed.
/// </summary>
/// <param name="idle">How long an agent without work is kept, for the next attachment to be fast.</param>
internal sealed class AgentPods(
    KubernetesClient client, AgentPodManifest manifest, TimeSpan idle, TimeProvider timeProvider, ILogger logger) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _neededSince = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AgentTrouble> _troubles = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Pod, string Uid)> _toKill = new();
    private readonly Dictionary<string, NodeRejections> _rejections = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _idleSince = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changed = new(0);
    private readonly string _ofThisImage = manifest.Image;

    private readonly WatchedSet<Pod, Pod> _pods = new(
        client,
        ResourceTypes.Pods,
        pod => pod.Metadata.Namespace == manifest.Namespace
            && pod.Metadata.Labels.GetValueOrDefault(ClusterObjects.NameLabel) == ClusterObjects.Agent ? pod : null,
        timeProvider,
        logger);

    public void SetNeeded(IEnumerable<string> nodes)
    {
        HashSet<string> needed = [.. nodes];
        bool changed = false;
        foreach (string node in needed)
        {
            changed |= _neededSince.TryAdd(node, timeProvider.GetUtcNow());
        }

        foreach (string node in _neededSince.Keys.Where(node => !needed.Contains(node)))
        {
            changed |= _neededSince.TryRemove(node, out _);
            _troubles.TryRemove(node, out _);
        }

        if (changed)
        {
            _changed.Release();
        }
    }

    /// <summary>Null when nothing is known to be wrong.</summary>
    public AgentTrouble? FindTrouble(string node) => _troubles.GetValueOrDefault(node);

    /// <summary>Deletes a pod without waiting for it to end.</summary>
    public void Kill(string pod, string uid)
    {
        _toKill.Enqueue((pod, uid));
        _changed.Release();
    }

    public async Task RunAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(_pods.RunAsync(cancellationToken), ActAsync(cancellationToken));

    public void Dispose() => _changed.Dispose();

    private async Task ActAsync(CancellationToken cancellationToken)
    {
        await _pods.Synced.WaitAsync(cancellationToken);
        while (true)
        {
            try
            {
                await LookAsync(cancellationToken);
            }
            catch (Exception e) when (e is KubernetesApiException or KubernetesConnectionException)
            {
                AgentsLog.CannotAct(logger, e.Message);
            }

            await _changed.WaitAsync(Interval, cancellationToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        while (_toKill.TryDequeue(out (string Pod, string Uid) hung))
        {
            await DeleteAsync(hung.Pod, hung.Uid, TimeSpan.Zero, cancellationToken);
        }

        Dictionary<string, Pod> existing = [];
        foreach ((_, Pod pod) in _pods.Items)
        {
            // An ended or outdated agent gives way; until it has gone its name is taken.
            bool outdated = pod.Spec.Containers is not [{ Image: var image }] || image != _ofThisImage;
            bool ended = pod.Status.Phase is "Failed" or "Succeeded" && MayBeReplaced(pod);
            if (pod.Metadata.DeletionTimestamp is null && (outdated || ended))
            {
                await DeleteAsync(pod.Metadata.Name!, pod.Metadata.Uid!, TimeSpan.Zero, cancellationToken);
            }

            existing[pod.Spec.NodeName ?? ""] = pod;
        }

        foreach (string node in _neededSince.Keys)
        {
            _idleSince.Remove(node);
            if (!existing.TryGetValue(node, out Pod? pod))
            {
                await CreateAsync(node, cancellationToken);
            }
            else
            {
                NoteTrouble(node, pod);
            }
        }

        await DeleteIdleAsync(existing, cancellationToken);
    }

    private async Task DeleteIdleAsync(Dictionary<string, Pod> existing, CancellationToken cancellationToken)
    {
        foreach ((string node, Pod pod) in existing.Where(pair => !_neededSince.ContainsKey(pair.Key)))
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            _idleSince.TryAdd(node, now);
            if (now - _idleSince[node] >= idle && pod.Metadata.DeletionTimestamp is null)
            {
                AgentsLog.Idle(logger, node);
                await DeleteAsync(pod.Metadata.Name!, pod.Metadata.Uid!, null, cancellationToken);
            }
        }
    }

    private async Task CreateAsync(string node, CancellationToken cancellationToken)
    {
        try
        {
            await client.CreateAsync(AgentPodManifest.Type, manifest.Namespace, manifest.For(node), cancellationToken);
            if (!_rejections.ContainsKey(node))
            {
                _troubles.TryRemove(node, out _);
            }

            AgentsLog.Created(logger, node);
        }
        catch (KubernetesApiException e) when (e.IsAlreadyExists)
        {
            // The watch has not brought it yet, or the one of before is still going.
        }
        catch (KubernetesApiException e)
        {
            var trouble = e.IsTransient
                ? AgentTrouble.NotCreated(manifest.Namespace, e.Message)
                : AgentTrouble.NotAdmitted(manifest.Namespace, e.Message);
            if (_troubles.GetValueOrDefault(node) != trouble)
            {
                AgentsLog.NotMade(logger, node, trouble.Message);
            }

            _troubles[node] = trouble;
        }
    }

    private void NoteTrouble(string node, Pod pod)
    {
        WaitingState? waiting = pod.Status.ContainerStatuses is [{ State.Waiting: { } state }] ? state : null;
        if (pod.Status.Phase == "Failed")
        {
            _troubles[node] = AgentTrouble.NotStarted(pod.Metadata.Name!, pod.Status.Reason ?? "Failed", pod.Status.Message);
        }
        else if (waiting?.Reason is { } reason && reason != "ContainerCreating")
        {
            _troubles[node] = AgentTrouble.NotStarted(pod.Metadata.Name!, reason, waiting.Message);
        }
        else if (pod.Status.Phase == "Running" || !_rejections.ContainsKey(node))
        {
            _rejections.Remove(node);
            _troubles.TryRemove(node, out _);
        }
    }

    // A node that is full rejects a pod in the moment in which it is made. The one that was rejected stays and tells why until the next try.
    private bool MayBeReplaced(Pod pod)
    {
        string node = pod.Spec.NodeName ?? "";
        if (!_rejections.TryGetValue(node, out NodeRejections? rejections))
        {
            _rejections[node] = rejections = new NodeRejections();
        }

        return rejections.MayTryAgain(pod.Metadata.Uid ?? "", timeProvider.GetUtcNow());
    }

    private async Task DeleteAsync(string pod, string uid, TimeSpan? grace, CancellationToken cancellationToken)
    {
        try
        {
            await client.DeleteAsync(
                ResourceTypes.Pods, manifest.Namespace, pod, new DeleteOptions { Uid = uid, GracePeriod = grace }, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsConflict || e.IsNotFound)
        {
            // Another pod has the name by now.
        }
    }
}
