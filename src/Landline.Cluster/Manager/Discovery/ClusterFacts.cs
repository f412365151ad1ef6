using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>What workstations need to know of the cluster. One task sets it, anybody waits for changes.</summary>
internal sealed class ClusterFacts(ClusterMessage initial)
{
    private readonly Lock _lock = new();
    private ClusterMessage _message = initial;
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The facts, and a task that completes when they are others.</summary>
    public (ClusterMessage Message, Task Changed) Current
    {
        get
        {
            lock (_lock)
            {
                return (_message, _changed.Task);
            }
        }
    }

    /// <summary>Completes when the cluster has been looked at for the first time: until then the facts are no more than a beginning.</summary>
    public Task Known => _known.Task;

    /// <summary>False = nothing is different.</summary>
    public bool Set(ClusterMessage message)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _known.TrySetResult();
            if (Same(_message, message))
            {
                return false;
            }

            _message = message;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
        return true;
    }

    // Records compare lists by reference.
    private static bool Same(ClusterMessage one, ClusterMessage other) =>
        one with { ServiceSubnets = [], PodSubnets = [], Namespaces = [] }
            == other with { ServiceSubnets = [], PodSubnets = [], Namespaces = [] }
        && one.ServiceSubnets.SequenceEqual(other.ServiceSubnets, StringComparer.Ordinal)
        && one.PodSubnets.SequenceEqual(other.PodSubnets, StringComparer.Ordinal)
        && one.Namespaces.SequenceEqual(other.Namespaces, StringComparer.Ordinal);
}
