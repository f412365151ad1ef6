using System.Text.Json.Serialization;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Daemon.Attachments;

/// <summary>The Attachment object in the cluster. Whoever deletes it ends the attachment.</summary>
internal sealed record AttachmentObject : IKubernetesObject
{
    public static ResourceType<AttachmentObject> Type { get; } = new(
        ClusterObjects.ApiGroup,
        ClusterObjects.ApiVersion,
        ClusterObjects.AttachmentPlural,
        ClusterObjects.AttachmentKind,
        namespaced: true,
        AttachmentObjectJson.Default.AttachmentObject);

    public string ApiVersion { get; init; } = $"{ClusterObjects.ApiGroup}/{ClusterObjects.ApiVersion}";

    public string Kind { get; init; } = ClusterObjects.AttachmentKind;

    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public AttachmentSpec Spec { get; init => field = value ?? new(); } = new();
}

[JsonSourceGenerationOptions(
    System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AttachmentObject))]
internal sealed partial class AttachmentObjectJson : JsonSerializerContext;
