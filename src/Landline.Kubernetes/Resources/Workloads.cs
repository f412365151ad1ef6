using System.Text.Json.Serialization;

namespace Landline.Kubernetes.Resources;

/// <summary>A Deployment, StatefulSet, ReplicaSet, DaemonSet or Argo's Rollout: they have the same shape.</summary>
public sealed record Workload : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public WorkloadSpec Spec { get; init => field = value ?? new(); } = new();

    public WorkloadStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record WorkloadSpec
{
    /// <summary>Null for a DaemonSet, which runs on every node.</summary>
    public int? Replicas { get; init; }

    public LabelSelector Selector { get; init => field = value ?? new(); } = new();

    public PodTemplate Template { get; init => field = value ?? new(); } = new();

    /// <summary>Of a Deployment or Rollout.</summary>
    public bool? Paused { get; init; }

    /// <summary>Of a StatefulSet or DaemonSet.</summary>
    public UpdateStrategy? UpdateStrategy { get; init; }

    /// <summary>Of a StatefulSet: the headless service that names its pods.</summary>
    public string? ServiceName { get; init; }
}

public sealed record UpdateStrategy
{
    public string? Type { get; init; }

    public RollingUpdate? RollingUpdate { get; init; }
}

public sealed record RollingUpdate
{
    /// <summary>Of a StatefulSet: pods with a lower number keep the template of before.</summary>
    public int? Partition { get; init; }
}

public sealed record WorkloadStatus
{
    /// <summary>Null also where it is no number: a Rollout has it in a string, which old ones filled with a hash.</summary>
    [JsonConverter(typeof(LenientNumberConverter))]
    public long? ObservedGeneration { get; init; }

    public int Replicas { get; init; }

    public int ReadyReplicas { get; init; }

    public int UpdatedReplicas { get; init; }

    public int AvailableReplicas { get; init; }

    /// <summary>Of a DaemonSet, which has no replicas.</summary>
    public int DesiredNumberScheduled { get; init; }

    public int NumberReady { get; init; }

    public int UpdatedNumberScheduled { get; init; }

    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}
