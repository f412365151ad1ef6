using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>
/// One line of the Control stream between a daemon and the manager, either way. A message of a later version reads as
/// the plain record and is to be ignored.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", IgnoreUnrecognizedTypeDiscriminators = true)]
[JsonDerivedType(typeof(ClusterMessage), "cluster")]
[JsonDerivedType(typeof(AttachmentMessage), "attachment")]
[JsonDerivedType(typeof(ConfirmAttachmentMessage), "confirmAttachment")]
[JsonDerivedType(typeof(ListWorkloadsMessage), "listWorkloads")]
[JsonDerivedType(typeof(WorkloadsMessage), "workloads")]
public record ManagerMessage;

/// <summary>
/// Manager to daemon, as soon as the manager knows it and whenever something of it changes: what the cluster looks like.
/// Lists are sorted. Without services and namespaces it says nothing: every cluster has some.
/// </summary>
public sealed record ClusterMessage : ManagerMessage
{
    /// <summary>CIDR notation; empty while unknown.</summary>
    public IReadOnlyList<string> ServiceSubnets { get; init => field = value ?? []; } = [];

    /// <summary>CIDR notation. Nodes' own addresses are not among them.</summary>
    public IReadOnlyList<string> PodSubnets { get; init => field = value ?? []; } = [];

    /// <summary>Without a dot at either end, such as "cluster.local".</summary>
    public string ClusterDomain { get; init => field = value ?? ""; } = "";

    /// <summary>Of the resolver that the cluster's pods use.</summary>
    public string DnsAddress { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<string> Namespaces { get; init => field = value ?? []; } = [];

    public string ManagerVersion { get; init => field = value ?? ""; } = "";

    /// <summary>As the API server says it, such as "v1.20.2".</summary>
    public string KubernetesVersion { get; init => field = value ?? ""; } = "";
}

/// <summary>Manager to daemon: what became of one of its attachments; the same as the object's status, but faster.</summary>
public sealed record AttachmentMessage : ManagerMessage
{
    public string Namespace { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";

    public string Uid { get; init => field = value ?? ""; } = "";

    public AttachmentStatus Status { get; init => field = value ?? new(); } = new();
}

/// <summary>
/// Daemon to manager: the Attachment with this uid is of this session's making. Without it nothing is attached, so that
/// nobody can attach in the name of somebody else's Connection.
/// </summary>
public sealed record ConfirmAttachmentMessage : ManagerMessage
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Uid { get; init => field = value ?? ""; } = "";
}
