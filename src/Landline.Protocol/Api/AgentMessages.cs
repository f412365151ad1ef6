using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>
/// One line of the Control stream between an agent and the manager, either way. A message of a later version reads as
/// the plain record and is to be ignored.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", IgnoreUnrecognizedTypeDiscriminators = true)]
[JsonDerivedType(typeof(DesiredMessage), "desired")]
[JsonDerivedType(typeof(LiveMessage), "live")]
[JsonDerivedType(typeof(ReportMessage), "report")]
public record AgentMessage;

/// <summary>
/// Manager to agent: everything that is to be attached on its node, and nothing else. Sending the same again changes
/// nothing.
/// </summary>
public sealed record DesiredMessage : AgentMessage
{
    /// <summary>Grows with each change; the report names it.</summary>
    public long Generation { get; init; }

    public IReadOnlyList<AgentAttachment> Attachments { get; init => field = value ?? []; } = [];
}

/// <summary>
/// Manager to agent, every <see cref="Interval"/>: the attachments whose workstation answers. For any other the agent
/// stops redirecting, and without the message itself for all of them.
/// </summary>
public sealed record LiveMessage : AgentMessage
{
    /// <summary>Between two messages.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a workstation, or the manager itself, may be silent until its attachments do not count as live. With
    /// the 3 s that a port stays redirected without being refreshed, a hang ends within promise 1's five seconds.
    /// </summary>
    public static readonly TimeSpan SilenceAllowed = TimeSpan.FromMilliseconds(1500);

    /// <summary>namespace/name of each.</summary>
    public IReadOnlyList<string> Attachments { get; init => field = value ?? []; } = [];
}

/// <summary>Agent to manager, whenever something of it changes: the state of every pod that was desired.</summary>
public sealed record ReportMessage : AgentMessage
{
    public long Generation { get; init; }

    public IReadOnlyList<AgentReport> Pods { get; init => field = value ?? []; } = [];
}

/// <summary>One attachment in one pod of the agent's node.</summary>
public sealed record AgentAttachment
{
    /// <summary>namespace/name.</summary>
    public string Attachment { get; init => field = value ?? ""; } = "";

    public string Uid { get; init => field = value ?? ""; } = "";

    public AttachmentType Type { get; init; }

    public AgentPod Pod { get; init => field = value ?? new(); } = new();

    public IReadOnlyList<AttachedPort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>Null: every connection to the ports, as bytes.</summary>
    public HttpMatch? Http { get; init; }

    public WhenUnavailable WhenUnavailable { get; init; }

    public bool ForwardSourceAddress { get; init; }
}

/// <summary>The pod and the container of it that are attached to.</summary>
public sealed record AgentPod
{
    public string Namespace { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";

    public string Uid { get; init => field = value ?? ""; } = "";

    /// <summary>All of the pod's own addresses.</summary>
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    public string Container { get; init => field = value ?? ""; } = "";

    /// <summary>With the runtime's scheme, as in the pod's status.</summary>
    public string ContainerId { get; init => field = value ?? ""; } = "";

    /// <summary>Where the container mounts volumes; absolute paths.</summary>
    public IReadOnlyList<string> Mounts { get; init => field = value ?? []; } = [];

    /// <summary>The node's own addresses, from which the kubelet's probes come.</summary>
    public IReadOnlyList<string> NodeAddresses { get; init => field = value ?? []; } = [];

    /// <summary>Of all its containers, those in which the kubelet does not call itself by its own name.</summary>
    public IReadOnlyList<NamedProbe> Probes { get; init => field = value ?? []; } = [];
}

/// <summary>An HTTP probe or hook of the pod's that says which User-Agent to send.</summary>
public sealed record NamedProbe
{
    /// <summary>With its query, as in a request line.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>Empty: none is sent.</summary>
    public string UserAgent { get; init => field = value ?? ""; } = "";
}

public sealed record AgentReport
{
    public string Attachment { get; init => field = value ?? ""; } = "";

    public string PodUid { get; init => field = value ?? ""; } = "";

    public AttachedPodState State { get; init; }

    /// <summary>One sentence, when it is not captured.</summary>
    public string? Message { get; init; }
}
