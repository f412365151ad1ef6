using System.Collections.Concurrent;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Watching;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Agents;

/// <summary>
/// The agents' pods: made on a node when something is attached there, deleted when nothing has been for a while. One task
/// acts; any thread may say what is needed. While a manager's successor takes over, the predecessor leaves the pods alone: two
/// who each want agents of their own image would delete each other's.
/// </summary>
/// <param name="idle">How long an agent without work is kept, for the next attachment to be fast.</param>
/// <param name="isInCharge">Whether this manager is the one that keeps agents. Asks the API server.</param>
internal sealed class AgentPods(
    KubernetesClient client,
    AgentPodManifest manifest,
    TimeSpan idle,
    Func<CancellationToken, Task<bool>> isInCharge,
    TimeProvider timeProvider,
    ILogger logger) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _neededSince = new(StringComparer.Ordinal);
    private readonly AgentStarts _starts = new(timeProvider);
    private readonly ConcurrentQueue<(string Pod, string Uid)> _toKill = new();
    private readonly Dictionary<string, DateTimeOffset> _idleSince = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changed = new(0);

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
        }

        if (changed)
        {
            _changed.Release();
        }
    }

    /// <summary>Null when nothing is known to be wrong.</summary>
    public AgentTrouble? FindTrouble(string node) => _starts.FindTrouble(node);

    /// <summary>Whether the node is at making an agent.</summary>
    public bool IsStarting(string node) => _starts.IsStarting(node);

    /// <summary>Deletes a pod without waiting for it to end.</summary>
    public void Kill(string pod, string uid)
    {
        _toKill.Enqueue((pod, uid));
        _changed.Release();
    }

    public Task RunAsync(CancellationToken cancellationToken) => Parts.RunAsync([_pods.RunAsync, ActAsync], cancellationToken);

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
            catch (Exception e) when (KubernetesFailure.Is(e))
            {
                AgentsLog.CannotAct(logger, e.Message);
            }

            await _changed.WaitAsync(Interval, cancellationToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, Pod> existing = [];
        List<(string Name, string Uid)> toDelete = [];
        while (_toKill.TryDequeue(out (string Pod, string Uid) hung))
        {
            toDelete.Add(hung);
        }

        foreach ((_, Pod pod) in _pods.Items)
        {
            // An ended or outdated agent gives way; until it has gone its name is taken.
            bool outdated = !manifest.IsOfThisImage(pod);
            bool ended = pod.Status.Phase is "Failed" or "Succeeded" && _starts.MayBeReplaced(pod);
            if (pod.Metadata.DeletionTimestamp is null && (outdated || ended))
            {
                toDelete.Add((pod.Metadata.Name!, pod.Metadata.Uid!));
            }

            existing[pod.Spec.NodeName ?? ""] = pod;
        }

        List<string> toCreate = [];
        foreach (string node in _neededSince.Keys)
        {
            if (existing.TryGetValue(node, out Pod? pod))
            {
                _starts.Note(node, pod);
            }
            else
            {
                toCreate.Add(node);
            }
        }

        Forget(existing);
        List<(string Node, Pod Pod)> unused = FindUnused(existing);
        if (toDelete.Count + toCreate.Count + unused.Count > 0 && await isInCharge(cancellationToken))
        {
            await ChangeAsync(toDelete, toCreate, unused, cancellationToken);
        }
    }

    // Nodes come and go, and their names may be new each time.
    private void Forget(Dictionary<string, Pod> existing)
    {
        _starts.Forget(_neededSince.ContainsKey, existing.ContainsKey);
        foreach (string node in _idleSince.Keys.Where(node => _neededSince.ContainsKey(node) || !existing.ContainsKey(node)).ToArray())
        {
            _idleSince.Remove(node);
        }
    }

    private async Task ChangeAsync(
        List<(string Name, string Uid)> toDelete, List<string> toCreate, List<(string Node, Pod Pod)> unused, CancellationToken cancellationToken)
    {
        foreach ((string name, string uid) in toDelete)
        {
            await DeleteAsync(name, uid, TimeSpan.Zero, cancellationToken);
        }

        foreach (string node in toCreate)
        {
            await CreateAsync(node, cancellationToken);
        }

        foreach ((string node, Pod pod) in unused)
        {
            AgentsLog.Idle(logger, node);
            await DeleteAsync(pod.Metadata.Name!, pod.Metadata.Uid!, null, cancellationToken);
        }
    }

    private List<(string Node, Pod Pod)> FindUnused(Dictionary<string, Pod> existing)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        List<(string Node, Pod Pod)> found = [];
        foreach ((string node, Pod pod) in existing.Where(pair => !_neededSince.ContainsKey(pair.Key)))
        {
            _idleSince.TryAdd(node, now);
            if (now - _idleSince[node] >= idle && pod.Metadata.DeletionTimestamp is null)
            {
                found.Add((node, pod));
            }
        }

        return found;
    }

    private async Task CreateAsync(string node, CancellationToken cancellationToken)
    {
        try
        {
            await client.CreateAsync(AgentPodManifest.Type, manifest.Namespace, manifest.For(node), cancellationToken);
            _starts.NoteCreated(node);
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
            if (_starts.NoteNotCreated(node, trouble))
            {
                AgentsLog.NotMade(logger, node, trouble.Message);
            }
        }
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
