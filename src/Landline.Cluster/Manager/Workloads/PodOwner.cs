using Landline.Kubernetes.Resources;

namespace Landline.Cluster.Manager.Workloads;

/// <summary>The controller of a pod, as its metadata name it.</summary>
internal sealed record PodOwner(string Kind, string Name)
{
    /// <summary>
    /// Labels by which the controllers of Deployments and Rollouts tell their ReplicaSets apart; the value is also the end of
    /// the ReplicaSet's name.
    /// </summary>
    private static readonly string[] HashLabels = ["pod-template-hash", "rollouts-pod-template-hash"];

    public static PodOwner? Of(ObjectMeta pod) =>
        pod.OwnerReferences.FirstOrDefault(static owner => owner.Controller == true) is { } owner ? new PodOwner(owner.Kind, owner.Name) : null;

    /// <summary>For a ReplicaSet that was made from a Deployment or Rollout: that one's name; null when the name does not tell.</summary>
    /// <param name="labels">The pod's.</param>
    public string? MadeFrom(IReadOnlyDictionary<string, string> labels)
    {
        foreach (string label in HashLabels)
        {
            if (labels.TryGetValue(label, out string? hash) && Name.EndsWith($"-{hash}", StringComparison.Ordinal))
            {
                return Name[..^(hash.Length + 1)];
            }
        }

        return null;
    }
}
