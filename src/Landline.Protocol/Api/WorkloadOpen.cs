using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>
/// The open payload of a Workload stream, as JSON: what a workstation wants of a workload that it is attached to. From
/// the daemon to the manager, which checks that the attachment is the session's own, chooses a pod and passes it on.
/// </summary>
public sealed record WorkloadOpen
{
    /// <summary>namespace/name.</summary>
    public string Attachment { get; init => field = value ?? ""; } = "";

    public WorkloadPart Part { get; init; }

    /// <summary>For <see cref="WorkloadPart.Dial"/>: a port of the pod, 1 to 65535.</summary>
    public int Port { get; init; }

    public PortProtocol Protocol { get; init; }

    /// <summary>For <see cref="WorkloadPart.Files"/>. The agent refuses changes too when the attachment's type forbids them.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Which replica; set by the manager when the daemon left it out.</summary>
    public string? PodUid { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<WorkloadPart>))]
public enum WorkloadPart
{
    /// <summary>The agent answers with one line of <see cref="WorkloadFacts"/>, then NAME=VALUE entries, each ended by a NUL byte, then the end.</summary>
    Environment,

    /// <summary>The stream carries SFTP version 3.</summary>
    Files,

    /// <summary>A connection to a port of the pod, dialled inside it.</summary>
    Dial,
}

/// <summary>What the workstation learns of the container beside its environment.</summary>
public sealed record WorkloadFacts
{
    public string Pod { get; init => field = value ?? ""; } = "";

    public string Container { get; init => field = value ?? ""; } = "";

    /// <summary>Where the container mounts volumes; absolute paths.</summary>
    public IReadOnlyList<string> Mounts { get; init => field = value ?? []; } = [];
}
