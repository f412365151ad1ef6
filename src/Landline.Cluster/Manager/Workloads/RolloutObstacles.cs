using Landline.Kubernetes.Resources;

namespace Landline.Cluster.Manager.Workloads;

/// <summary>Why no controller would bring a changed template to a workload's pods. Each is a clause.</summary>
internal static class RolloutObstacles
{
    public const string BarePod = "it belongs to no workload whose template could be changed and restored";

    public static string? Of(WorkloadKind kind, Workload workload)
    {
        WorkloadSpec spec = workload.Spec;
        return kind.Name == "ReplicaSet" ? "a ReplicaSet leaves the pods that run as they are"
            : spec.Template.Spec.Containers.Count == 0 ? "its template is another workload's (workloadRef)"
            : spec.Paused == true ? "its rollout is paused"
            : spec.UpdateStrategy?.Type == "OnDelete" ? "its update strategy is OnDelete, which leaves the pods that run as they are"
            : spec.UpdateStrategy?.RollingUpdate?.Partition > 0 ? "its update strategy leaves pods below a partition as they are"
            : null;
    }
}
