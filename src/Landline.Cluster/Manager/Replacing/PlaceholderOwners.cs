using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Workloads;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>
/// The workloads that pods with a placeholder lead to. Whoever rolls a workload back to a placeholder brings the template, and
/// not the label by which a changed workload is found; its pods are what gives it away.
/// </summary>
internal static class PlaceholderOwners
{
    /// <summary>Each once. By its name a ReplicaSet's maker can be of either kind: who has no such workload says so.</summary>
    public static IReadOnlyList<(WorkloadKind Kind, string Namespace, string Name)> Of(IEnumerable<Replica> placeholders) =>
        [.. placeholders.SelectMany(OwnersOf).Distinct()];

    private static IEnumerable<(WorkloadKind Kind, string Namespace, string Name)> OwnersOf(Replica pod)
    {
        if (pod.Owner is not { } owner)
        {
            return [];
        }

        return owner.Kind == "ReplicaSet" && owner.MadeFrom(pod.Labels) is { } maker
            ? WorkloadKind.All.Where(kind => kind.Name is "Deployment" or "Rollout").Select(kind => (kind, pod.Namespace, maker))
            : WorkloadKind.All.Where(kind => kind.Name == owner.Kind && kind.Resource is not null).Select(kind => (kind, pod.Namespace, owner.Name));
    }
}
