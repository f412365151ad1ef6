namespace Landline.Kubernetes.Resources;

public sealed record ClusterNamespace : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public NamespaceStatus Status { get; init => field = value ?? new(); } = new();
}

/// <param name="Phase">Active or Terminating.</param>
public sealed record NamespaceStatus(string? Phase = null);

public sealed record Node : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public NodeSpec Spec { get; init => field = value ?? new(); } = new();

    public NodeStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record NodeSpec
{
    public string? PodCIDR { get; init; }

    public IReadOnlyList<string> PodCIDRs { get; init => field = value ?? []; } = [];

    public bool? Unschedulable { get; init; }
}

public sealed record NodeStatus
{
    public IReadOnlyList<NodeAddress> Addresses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <param name="Type">InternalIP, ExternalIP, Hostname, InternalDNS or ExternalDNS.</param>
public sealed record NodeAddress(string Type, string Address);

public sealed record ConfigMap : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public IReadOnlyDictionary<string, string> Data { get; init => field = value ?? Nothing; } = Nothing;

    private static IReadOnlyDictionary<string, string> Nothing { get; } = new Dictionary<string, string>();
}

public sealed record ServiceAccount : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();
}

public sealed record CustomResourceDefinition : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public CustomResourceDefinitionStatus Status { get; init => field = value ?? new(); } = new();
}

public sealed record CustomResourceDefinitionStatus
{
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>The API server serves the resource.</summary>
    public bool IsEstablished => Conditions.Any(condition => condition is { Type: "Established", Status: "True" });
}

/// <summary>One of the yes-or-no facts that an object's status reports.</summary>
/// <param name="Status">True, False or Unknown.</param>
public sealed record Condition(string Type, string Status, string? Reason, string? Message);

public sealed record ObjectReference(string? ApiVersion, string? Kind, string? Namespace, string? Name, string? Uid);

/// <summary>What a component of the cluster reports about an object.</summary>
public sealed record ClusterEvent : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Normal or Warning.</summary>
    public string? Type { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public ObjectReference? InvolvedObject { get; init; }

    public int? Count { get; init; }

    public DateTimeOffset? LastTimestamp { get; init; }
}
