using System.Collections.Concurrent;
using Landline.Cluster.Manager.Watching;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>An attachment that is in effect: whose it is, and where it runs.</summary>
/// <param name="Key">The Attachment object.</param>
/// <param name="Connection">The Connection object; its session has confirmed the attachment.</param>
/// <param name="ConnectionUid">Of that very object: one that is made later under the same name is somebody else's.</param>
/// <param name="Nodes">Those with a pod of the workload.</param>
internal sealed record ActiveAttachment(ObjectKey Key, ObjectKey Connection, string ConnectionUid, IReadOnlySet<string> Nodes);

/// <summary>The attachments that are in effect. Only what is here lets an agent reach a workstation. Thread-safe.</summary>
internal sealed class AttachmentRegistry
{
    private readonly ConcurrentDictionary<ObjectKey, ActiveAttachment> _active = new();

    public int Count => _active.Count;

    public ActiveAttachment? Find(ObjectKey key) => _active.GetValueOrDefault(key);

    public void Set(ActiveAttachment attachment) => _active[attachment.Key] = attachment;

    public void Remove(ObjectKey key) => _active.TryRemove(key, out _);
}
