using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>Where an attachment's running replicas are, oldest first, and whose it is.</summary>
internal sealed record AttachedReplicas(ObjectKey Connection, string ConnectionUid, AttachmentType Type, IReadOnlyList<(string Node, string PodUid)> Pods);
