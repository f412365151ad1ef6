using Landline.Kubernetes.Resources;

namespace Landline.Cluster.Manager.Workloads;

/// <summary>A kind of workload that can be attached to.</summary>
/// <param name="Resource">Null for a bare pod, which is its own only replica.</param>
internal sealed record WorkloadKind(string Name, string ApiVersion, ResourceType<Workload>? Resource)
{
    /// <summary>
    /// In the order in which a name is looked for. A Rollout of Argo Rollouts has a Deployment's shape; its resource is
    /// only there where its CRD is.
    /// </summary>
    public static IReadOnlyList<WorkloadKind> All { get; } =
    [
        Of(ResourceTypes.Deployments),
        Of(ResourceTypes.StatefulSets),
        Of(ResourceTypes.DaemonSets),
        Of(new ResourceType<Workload>("argoproj.io", "v1alpha1", "rollouts", "Rollout", true, ResourceTypes.Deployments.Json)),
        Of(ResourceTypes.ReplicaSets),
        new("Pod", "v1", null),
    ];

    /// <summary>By its name in whatever case, singular, plural or kubectl's short form.</summary>
    public static WorkloadKind? Find(string name) => All.FirstOrDefault(kind =>
        name.Equals(kind.Name, StringComparison.OrdinalIgnoreCase)
        || name.Equals(kind.Name + "s", StringComparison.OrdinalIgnoreCase)
        || name.Equals(kind.ShortName, StringComparison.OrdinalIgnoreCase));

    private string? ShortName => Name switch
    {
        "Deployment" => "deploy",
        "StatefulSet" => "sts",
        "DaemonSet" => "ds",
        "ReplicaSet" => "rs",
        "Pod" => "po",
        "Rollout" => "ro",
        _ => null,
    };

    private static WorkloadKind Of(ResourceType<Workload> resource) => new(resource.Kind, resource.ApiVersion, resource);
}
