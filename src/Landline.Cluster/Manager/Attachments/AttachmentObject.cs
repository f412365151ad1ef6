using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>An Attachment as the API server has it.</summary>
internal sealed record AttachmentObject : IKubernetesObject
{
    public static ResourceType<AttachmentObject> Type { get; } = new(
        ClusterObjects.ApiGroup, ClusterObjects.ApiVersion, ClusterObjects.AttachmentPlural, ClusterObjects.AttachmentKind,
        namespaced: true, ManagerJson.Default.AttachmentObject);

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public AttachmentSpec Spec { get; init => field = value ?? new(); } = new();

    public AttachmentStatus? Status { get; init; }

    public string Uid => Metadata.Uid ?? "";

    /// <summary>Uid of the Connection that it was made for; null when it does not say so. The spec has no more than a name.</summary>
    public string? OwnerUid => Metadata.OwnerReferences.FirstOrDefault(owner =>
        owner.Kind == ClusterObjects.ConnectionKind && owner.ApiVersion.StartsWith($"{ClusterObjects.ApiGroup}/", StringComparison.Ordinal))?.Uid;
}
