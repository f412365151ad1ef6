namespace Landline.Kubernetes.Resources;

public sealed record Pod : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public PodSpec Spec { get; init => field = value ?? new(); } = new();

    public PodStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record PodSpec
{
    public string? NodeName { get; init; }

    public bool? HostNetwork { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("hostPID")]
    public bool? HostPid { get; init; }

    /// <summary>False: the pod has a user namespace of its own.</summary>
    public bool? HostUsers { get; init; }

    public string? ServiceAccountName { get; init; }

    public IReadOnlyList<Container> Containers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<Container> InitContainers { get; init => field = value ?? []; } = [];
}

/// <summary>A pod as a workload would create it.</summary>
public sealed record PodTemplate
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public PodSpec Spec { get; init => field = value ?? new(); } = new();
}

public sealed record PodStatus
{
    /// <summary>Pending, Running, Succeeded, Failed or Unknown.</summary>
    public string? Phase { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public string? HostIP { get; init; }

    /// <summary>Of each IP version that the node has; none in clusters before 1.29, which know <see cref="HostIP"/> alone.</summary>
    public IReadOnlyList<PodAddress> HostIPs { get; init => field = value ?? []; } = [];

    public string? PodIP { get; init; }

    public IReadOnlyList<PodAddress> PodIPs { get; init => field = value ?? []; } = [];

    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ContainerStatus> ContainerStatuses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ContainerStatus> InitContainerStatuses { get; init => field = value ?? []; } = [];
}

public sealed record PodAddress
{
    public string Ip { get; init => field = value ?? ""; } = "";
}

public sealed record ContainerStatus
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Runtime and id, such as <c>containerd://0123…</c>; null before the container was created.</summary>
    public string? ContainerID { get; init; }

    public string? Image { get; init; }

    public bool Ready { get; init; }

    public bool? Started { get; init; }

    public int RestartCount { get; init; }

    public ContainerState State { get; init => field = value ?? new(); } = new();
}

/// <summary>At most one of the three is set; none means waiting.</summary>
public sealed record ContainerState
{
    public WaitingState? Waiting { get; init; }

    public RunningState? Running { get; init; }

    public TerminatedState? Terminated { get; init; }
}

public sealed record WaitingState(string? Reason, string? Message);

public sealed record RunningState(DateTimeOffset? StartedAt);

public sealed record TerminatedState(int ExitCode, int? Signal, string? Reason, string? Message);
