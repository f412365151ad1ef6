using Landline.Kubernetes.Resources;

namespace Landline.Cluster.Manager.Workloads;

/// <summary>A workload as it stood at one moment, with all that attaching to it needs to know.</summary>
/// <param name="Selector">Which pods are its replicas; null for a bare pod.</param>
/// <param name="Template">What its pods look like.</param>
/// <param name="Services">Those that select its pods, in the order of their names.</param>
internal sealed record WorkloadView(
    WorkloadKind Kind, string Namespace, string Name, LabelSelector? Selector, PodSpec Template, IReadOnlyList<Service> Services)
{
    /// <summary>As users write it: <c>deployment/web</c>.</summary>
    public string DisplayName => $"{Kind.Name.ToLowerInvariant()}/{Name}";

    public bool Owns(Pod pod) => Selector is null
        ? pod.Metadata.Name == Name
        : Selector.Matches(pod.Metadata.Labels);
}
