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

    /// <summary>It has got its ports once; nobody takes them away afterwards.</summary>
    public bool HasClaimed { get; set; }

    /// <summary>What its identifiers mean; null until that is known.</summary>
    public WorkloadView? Workload { get; set; }

    public PortResolution? Ports { get; set; }

    /// <summary>Running while the API server is asked.</summary>
    public Task? Resolving { get; set; }

    /// <summary>Final.</summary>
    public (string Reason, string Message)? Refusal { get; set; }

    /// <summary>The workload's template is changed, for Replace.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>What the workstation was told last.</summary>
    public AttachmentStatus? Told { get; set; }

    public IReadOnlyList<Replica> Pods { get; set; } = [];
}
