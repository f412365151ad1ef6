namespace Landline.Cluster.Manager.Workloads;

/// <summary>
/// An attachment cannot be, for a reason that lies in the request or in the workload. Both go into the object's status:
/// the reason for programs (docs/attaching.md lists them), the message for people.
/// </summary>
internal sealed class AttachmentRefusedException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}
