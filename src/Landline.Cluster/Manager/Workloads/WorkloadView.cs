using Landline.Kubernetes.Resources;

namespace Landline.Cluster.Manager.Workloads;

/// <summary>A workload as it stood at one moment, with all that attaching to it needs to know.</summary>
/// <param name="Selector">Which pods are its replicas; null for a bare pod.</param>
/// <param name="Template">What its pods look like.</param>
/// <param name="Services">Those that select its pods, in the order of their names.</param>
/// <param name="RolloutObstacle">Why a change of the template would not reach its pods, as a clause; null when it would.</param>
internal sealed record WorkloadView(
    WorkloadKind Kind, string Namespace, string Name, LabelSelector? Selector, PodSpec Template, IReadOnlyList<Service> Services, string? RolloutObstacle)
{
    /// <summary>As users write it: <c>deployment/web</c>.</summary>
    public string DisplayName => $"{Kind.Name.ToLowerInvariant()}/{Name}";

    /// <summary>As <see cref="DisplayName"/>, where it begins a sentence.</summary>
    public string CapitalName => char.ToUpperInvariant(DisplayName[0]) + DisplayName[1..];

    /// <summary>
    /// Whether a pod of this namespace is one of its replicas. Labels alone do not tell: the pods of a canary beside a Deployment
    /// often have the Deployment's labels and one more.
    /// </summary>
    public bool Owns(string pod, PodOwner? owner, IReadOnlyDictionary<string, string> labels)
    {
        if (Selector is null)
        {
            return pod == Name;
        }

        return Selector.Matches(labels) && owner is not null && (owner.Kind, Kind.Name) switch
        {
            ("ReplicaSet", "Deployment" or "Rollout") => owner.MadeFrom(labels) is not { } source || source == Name,
            _ => owner.Kind == Kind.Name && owner.Name == Name,
        };
    }
}
