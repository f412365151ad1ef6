using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>Whether two statuses say the same: records compare their lists by reference.</summary>
internal static class AttachmentStatusComparison
{
    public static bool SaysTheSame(this AttachmentStatus one, AttachmentStatus? other) =>
        other is not null
        && one.Phase == other.Phase
        && one.Reason == other.Reason
        && one.Message == other.Message
        && one.Container == other.Container
        && one.Workload == other.Workload
        && one.Ports.SequenceEqual(other.Ports)
        && one.Pods.SequenceEqual(other.Pods);
}
