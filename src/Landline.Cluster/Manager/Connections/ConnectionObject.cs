using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Connections;

/// <summary>A Connection as the API server has it.</summary>
internal sealed record ConnectionObject : IKubernetesObject
{
    public static ResourceType<ConnectionObject> Type { get; } = new(
        ClusterObjects.ApiGroup, ClusterObjects.ApiVersion, ClusterObjects.ConnectionPlural, ClusterObjects.ConnectionKind,
        namespaced: true, ManagerJson.Default.ConnectionObject);

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public ConnectionSpec Spec { get; init => field = value ?? new(); } = new();

    public ConnectionStatus? Status { get; init; }

    public string Uid => Metadata.Uid ?? "";

    public TimeSpan Grace => TimeSpan.FromSeconds(Math.Clamp(Spec.GracePeriodSeconds, 0, (int)LongestGrace.TotalSeconds));

    /// <summary>As the CRD's schema has it: a day.</summary>
    private static TimeSpan LongestGrace { get; } = TimeSpan.FromDays(1);
}
