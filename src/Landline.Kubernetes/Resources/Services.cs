namespace Landline.Kubernetes.Resources;

public sealed record Service : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public ServiceSpec Spec { get; init => field = value ?? new(); } = new();
}

public sealed record ServiceSpec
{
    /// <summary>ClusterIP (also when not said), NodePort, LoadBalancer or ExternalName.</summary>
    public string? Type { get; init; }

    /// <summary><c>None</c> for a headless service, null for an ExternalName.</summary>
    public string? ClusterIP { get; init; }

    public IReadOnlyList<string> ClusterIPs { get; init => field = value ?? []; } = [];

    public string? ExternalName { get; init; }

    public IReadOnlyList<ServicePort> Ports { get; init => field = value ?? []; } = [];

    public IReadOnlyDictionary<string, string> Selector { get; init => field = value ?? Nothing; } = Nothing;

    public IReadOnlyList<string> IpFamilies { get; init => field = value ?? []; } = [];

    private static IReadOnlyDictionary<string, string> Nothing { get; } = new Dictionary<string, string>();
}

public sealed record ServicePort
{
    public string? Name { get; init; }

    /// <summary>TCP, UDP or SCTP; TCP when not said.</summary>
    public string? Protocol { get; init; }

    public int Port { get; init; }

    /// <summary>The pods' port; the same as <see cref="Port"/> when not said.</summary>
    public IntOrString? TargetPort { get; init; }

    public int? NodePort { get; init; }

    public string? AppProtocol { get; init; }
}

public sealed record Endpoints : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public IReadOnlyList<EndpointSubset> Subsets { get; init => field = value ?? []; } = [];
}

public sealed record EndpointSubset
{
    public IReadOnlyList<EndpointAddress> Addresses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EndpointAddress> NotReadyAddresses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EndpointPort> Ports { get; init => field = value ?? []; } = [];
}

public sealed record EndpointAddress(string Ip, string? Hostname, string? NodeName, ObjectReference? TargetRef);

public sealed record EndpointPort(string? Name, int Port, string? Protocol);

/// <summary>
/// An address range that services get their addresses from (networking.k8s.io/v1, since Kubernetes 1.33).
/// </summary>
public sealed record ServiceCidr : IKubernetesObject
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public ServiceCidrSpec Spec { get; init => field = value ?? new(); } = new();
}

public sealed record ServiceCidrSpec
{
    public IReadOnlyList<string> Cidrs { get; init => field = value ?? []; } = [];
}
