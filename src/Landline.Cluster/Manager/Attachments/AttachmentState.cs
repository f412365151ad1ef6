using Landline.Cluster.Manager.Watching;
using Landline.Cluster.Manager.Workloads;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>What the controller remembers of one Attachment object. Used by the controller's loop alone.</summary>
internal sealed class AttachmentState(AttachmentObject item, DateTimeOffset since)
{
    public AttachmentObject Object { get; } = item;

    public AttachmentSpec Spec => Object.Spec;

    public ObjectKey Key { get; } = ObjectKey.Of(item);

    public string Id { get; } = ObjectKey.Of(item).ToString();

    public ObjectKey Connection { get; } = new(item.Metadata.Namespace ?? "", item.Spec.Connection);

    /// <summary>When the manager saw it first.</summary>
    public DateTimeOffset Since { get; } = since;

    /// <summary>Its session said that it is its own.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>
    /// Uid of the Connection that it was made for, or, where the object does not say so, whose session was the first to confirm it. Another
    /// one of the same name has no part in it.
    /// </summary>
    public string? ConnectionUid { get; set; } = item.OwnerUid;

    /// <summary>What it had taken was given back; it may be taken again only after its session has confirmed it again.</summary>
    public bool IsWithdrawn { get; set; }

    /// <summary>It has got its ports once; nobody takes them away afterwards.</summary>
    public bool HasClaimed { get; set; }

    /// <summary>What its identifiers mean; null until that is known.</summary>
    public WorkloadView? Workload { get; set; }

    public PortResolution? Ports { get; set; }

    /// <summary>Running while the API server is asked.</summary>
    public Task? Resolving { get; set; }

    /// <summary>Final.</summary>
    public (string Reason, string Message)? Refusal { get; set; }

    /// <summary>For Replace, as long as the original may still run: a reason, and how far it is.</summary>
    public (string Reason, string Message)? Replacing { get; set; } =
        item.Spec.Type == AttachmentType.Replace ? (AttachmentStatus.Replacing, "The workload's container is being replaced.") : null;

    /// <summary>What the workstation was told last.</summary>
    public AttachmentStatus? Told { get; set; }

    /// <summary>What came of the last look.</summary>
    public bool IsActive { get; set; }

    public ReplicaPatience Patience { get; } = new();

    public IReadOnlyList<Replica> Pods { get; set; } = [];
}
