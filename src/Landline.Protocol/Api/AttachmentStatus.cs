using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>What became of an Attachment. Written by the manager only.</summary>
public sealed record AttachmentStatus
{
    /// <summary>A reason while it is pending: there is no pod, or none whose container runs.</summary>
    public const string NothingRuns = "NothingRuns";

    /// <summary>A reason while it is pending: there are pods, but Kubernetes has failed to start the container in each of them.</summary>
    public const string ContainerFails = "ContainerFails";

    /// <summary>A reason while it is pending: a policy or a quota of the cluster refuses the agent's pod.</summary>
    public const string AgentNotAdmitted = "AgentNotAdmitted";

    /// <summary>A reason while it is pending: the workload is being rolled out with the placeholder; the message says how far it is.</summary>
    public const string Replacing = "Replacing";

    /// <summary>A reason while it is pending: every pod is replaced, and one of before still runs for its grace period.</summary>
    public const string OriginalEnds = "OriginalEnds";

    public AttachmentPhase Phase { get; init; }

    /// <summary>One word in CamelCase, for programs; see docs/attaching.md.</summary>
    public string? Reason { get; init; }

    /// <summary>One sentence, for people.</summary>
    public string? Message { get; init; }

    /// <summary>What the spec's identifiers turned out to mean.</summary>
    public AttachmentWorkload? Workload { get; init; }

    public string? Container { get; init; }

    public IReadOnlyList<AttachedPort> Ports { get; init => field = value ?? []; } = [];

    public IReadOnlyList<AttachedPod> Pods { get; init => field = value ?? []; } = [];
}

/// <summary>Pending → Active ⇄ Pending (no pod is captured) → Ended; or Pending → Refused.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AttachmentPhase>))]
public enum AttachmentPhase
{
    Pending,

    /// <summary>Every ready pod of the workload is attached, but for those that a message with reason Limited names.</summary>
    Active,

    /// <summary>It cannot be, and will not be tried again; the message says why.</summary>
    Refused,

    Ended,
}

/// <summary>A container's port and where its traffic goes on the workstation.</summary>
public sealed record AttachedPort
{
    public int Port { get; init; }

    public PortProtocol Protocol { get; init; }

    public string? Name { get; init; }

    public int WorkstationPort { get; init; }
}

/// <summary>One replica.</summary>
public sealed record AttachedPod
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? Node { get; init; }

    public string? Uid { get; init; }

    public AttachedPodState State { get; init; }

    public string? Message { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<AttachedPodState>))]
public enum AttachedPodState
{
    /// <summary>The agent or the container is not there yet.</summary>
    Waiting,

    Captured,

    Failed,
}
