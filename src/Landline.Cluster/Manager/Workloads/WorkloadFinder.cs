using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Workloads;

/// <summary>Looks workloads up in the cluster, with the manager's rights, by what a user called them.</summary>
internal sealed class WorkloadFinder(KubernetesClient client)
{
    private sealed record Found(
        WorkloadKind Kind, LabelSelector? Selector, PodSpec? Template, IReadOnlyDictionary<string, string> Labels, string? RolloutObstacle);

    /// <exception cref="AttachmentRefusedException">There is none of that name, or several of different kinds.</exception>
    public async Task<WorkloadView> FindAsync(string namespaceName, AttachmentWorkload wanted, CancellationToken cancellationToken)
    {
        WorkloadKind? only = wanted.Kind is null
            ? null
            : WorkloadKind.Find(wanted.Kind) ?? throw new AttachmentRefusedException(
                "KindNotSupported",
                $"'{wanted.Kind}' is no kind of workload; these are: {string.Join(", ", WorkloadKind.All.Select(kind => kind.Name.ToLowerInvariant()))}.");

        var found = new List<Found>();
        foreach (WorkloadKind kind in only is null ? WorkloadKind.All : [only])
        {
            if (kind.Resource is { } resource)
            {
                if (await client.FindAsync(resource, namespaceName, wanted.Name, cancellationToken) is { } workload
                    && (only is not null || !HasController(workload.Metadata)))
                {
                    // A Rollout may name a Deployment as its template instead of having one.
                    PodSpec? template = workload.Spec.Template.Spec.Containers.Count > 0 ? workload.Spec.Template.Spec : null;
                    found.Add(new(kind, workload.Spec.Selector, template, workload.Spec.Template.Metadata.Labels, RolloutObstacles.Of(kind, workload)));
                }
            }
            else if (await client.FindAsync(ResourceTypes.Pods, namespaceName, wanted.Name, cancellationToken) is { } pod
                && (only is not null || !HasController(pod.Metadata)))
            {
                found.Add(new(kind, null, pod.Spec, pod.Metadata.Labels, RolloutObstacles.BarePod));
            }
        }

        if (found.Count != 1)
        {
            throw found.Count == 0
                ? new AttachmentRefusedException("WorkloadNotFound", $"There is no workload named '{wanted.Name}' in namespace '{namespaceName}'.")
                : new AttachmentRefusedException(
                    "AmbiguousWorkload",
                    $"'{wanted.Name}' can mean {string.Join(" or ", found.Select(item => $"{item.Kind.Name.ToLowerInvariant()}/{wanted.Name}"))}.");
        }

        (WorkloadKind theKind, LabelSelector? selector, PodSpec? spec, IReadOnlyDictionary<string, string> labels, string? obstacle) = found[0];
        IReadOnlyList<Service> services = await client.ListAsync(ResourceTypes.Services, namespaceName, Selector.All, cancellationToken);
        if (spec is null)
        {
            IReadOnlyList<Pod> pods = await client.ListAsync(ResourceTypes.Pods, namespaceName, Selector.ByLabels(selector!.ToString()), cancellationToken);
            spec = pods is [var first, ..] ? first.Spec : new PodSpec();
            labels = pods is [var sample, ..] ? sample.Metadata.Labels : labels;
        }

        return new WorkloadView(theKind, namespaceName, wanted.Name, selector, spec, [.. Selecting(services, labels)], obstacle);
    }

    /// <summary>The services that select pods with these labels.</summary>
    public static IEnumerable<Service> Selecting(IEnumerable<Service> services, IReadOnlyDictionary<string, string> labels) => services
        .Where(service => service.Spec.Selector.Count > 0
            && service.Spec.Selector.All(pair => labels.TryGetValue(pair.Key, out string? value) && value == pair.Value))
        .OrderBy(service => service.Metadata.Name, StringComparer.Ordinal);

    // A ReplicaSet of a Deployment, or a pod of either, is meant only when the user says its kind.
    private static bool HasController(ObjectMeta metadata) => metadata.OwnerReferences.Any(owner => owner.Controller == true);
}
