using Landline.Cluster.Hosting;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// The pods of this node that are attached to, each looked after by a task of its own, so that one that is stuck holds up
/// no other. Thread-safe.
/// </summary>
internal sealed class AttachedPods(PodParts parts, TrackedTasks tasks, ILogger logger, CancellationToken stopping)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, AttachedPod> _pods = new(StringComparer.Ordinal);

    /// <summary>A pod's state has changed. Raised on that pod's task: must not block.</summary>
    public event Action? Changed;

    public IReadOnlyList<AgentReport> Reports
    {
        get
        {
            lock (_lock)
            {
                return [.. _pods.Values.SelectMany(pod => pod.Reports)];
            }
        }
    }

    /// <summary>Everything that is to be attached; what is not in it is detached.</summary>
    public void SetDesired(IReadOnlyList<AgentAttachment> desired)
    {
        lock (_lock)
        {
            ILookup<string, AgentAttachment> byPod = desired.ToLookup(attachment => attachment.Pod.Uid, StringComparer.Ordinal);
            foreach (IGrouping<string, AgentAttachment> group in byPod)
            {
                if (_pods.TryGetValue(group.Key, out AttachedPod? pod))
                {
                    pod.SetDesired([.. group]);
                }
                else
                {
                    Add(group.Key, [.. group]);
                }
            }

            foreach ((_, AttachedPod pod) in _pods.Where(pair => !byPod.Contains(pair.Key)))
            {
                pod.SetDesired([]);
            }
        }

        Changed?.Invoke();
    }

    /// <summary>What is attached to a pod now; null when the attachment is not.</summary>
    public AgentAttachment? Find(string attachment, string podUid)
    {
        lock (_lock)
        {
            return _pods.GetValueOrDefault(podUid)?.Find(attachment);
        }
    }

    /// <summary>Who is alive has changed: every pod looks at once.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            foreach (AttachedPod pod in _pods.Values)
            {
                pod.Wake();
            }
        }
    }

    private void Add(string uid, AgentAttachment[] desired)
    {
        var pod = new AttachedPod(parts, () => Changed?.Invoke(), logger);
        pod.SetDesired(desired);
        _pods[uid] = pod;
        tasks.Run(async () =>
        {
            await using (pod)
            {
                await pod.RunAsync(() => TryRetire(uid, pod), stopping);
            }
        });
    }

    private bool TryRetire(string uid, AttachedPod pod)
    {
        lock (_lock)
        {
            return !pod.IsWanted && _pods.Remove(uid);
        }
    }
}
