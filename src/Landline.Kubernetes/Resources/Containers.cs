using System.Text.Json;

namespace Landline.Kubernetes.Resources;

public sealed record Container
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? Image { get; init; }

    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Args { get; init => field = value ?? []; } = [];

    public string? WorkingDir { get; init; }

    public IReadOnlyList<ContainerPort> Ports { get; init => field = value ?? []; } = [];

    public IReadOnlyList<EnvironmentVariable> Env { get; init => field = value ?? []; } = [];

    public IReadOnlyList<VolumeMount> VolumeMounts { get; init => field = value ?? []; } = [];

    public Probe? LivenessProbe { get; init; }

    public Probe? ReadinessProbe { get; init; }

    public Probe? StartupProbe { get; init; }

    public Lifecycle? Lifecycle { get; init; }

    /// <summary>Of an init container: <c>Always</c> makes it a sidecar that runs as long as the pod.</summary>
    public string? RestartPolicy { get; init; }
}

public sealed record ContainerPort
{
    public string? Name { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("containerPort")]
    public int Port { get; init; }

    public int? HostPort { get; init; }

    /// <summary>TCP, UDP or SCTP; TCP when not said.</summary>
    public string? Protocol { get; init; }
}

public sealed record EnvironmentVariable
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? Value { get; init; }

    public JsonElement? ValueFrom { get; init; }
}

public sealed record VolumeMount
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string MountPath { get; init => field = value ?? ""; } = "";

    public string? SubPath { get; init; }

    public bool? ReadOnly { get; init; }
}

/// <summary>How the kubelet asks a container whether it is well. One of the four ways is set.</summary>
public sealed record Probe
{
    public HttpProbe? HttpGet { get; init; }

    public TcpProbe? TcpSocket { get; init; }

    public GrpcProbe? Grpc { get; init; }

    public ExecProbe? Exec { get; init; }

    public int? InitialDelaySeconds { get; init; }

    public int? PeriodSeconds { get; init; }

    public int? TimeoutSeconds { get; init; }

    public int? SuccessThreshold { get; init; }

    public int? FailureThreshold { get; init; }
}

public sealed record HttpProbe(string? Path, IntOrString Port, string? Host, string? Scheme, IReadOnlyList<HttpHeader>? HttpHeaders = null);

public sealed record HttpHeader(string Name, string? Value);

/// <summary>What the kubelet does when a container has started, and before it stops it.</summary>
public sealed record Lifecycle(LifecycleHook? PostStart, LifecycleHook? PreStop);

public sealed record LifecycleHook(HttpProbe? HttpGet);

public sealed record TcpProbe(IntOrString Port, string? Host);

public sealed record GrpcProbe(int Port, string? Service);

public sealed record ExecProbe(IReadOnlyList<string>? Command);
