using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>What attaching reports to the cluster's administrator: who was attached to what, and until when.</summary>
internal static partial class AttachmentsLog
{
    [LoggerMessage(4400, LogLevel.Information, "Attachment {Attachment} ({Type} of {Workload}) of connection {Connection} is {Phase}")]
    public static partial void PhaseChanged(
        ILogger logger, string attachment, string type, string workload, string connection, string phase);

    [LoggerMessage(4401, LogLevel.Information, "Attachment {Attachment} has ended")]
    public static partial void Ended(ILogger logger, string attachment);

    [LoggerMessage(4402, LogLevel.Debug, "The status of attachment {Attachment} could not be written: {Reason}")]
    public static partial void StatusNotWritten(ILogger logger, string attachment, string reason);

    [LoggerMessage(4404, LogLevel.Warning, "Not all workloads of namespace {Namespace} can be listed: {Reason}")]
    public static partial void NotListed(ILogger logger, string @namespace, string reason);

    [LoggerMessage(4403, LogLevel.Debug, "The workload of attachment {Attachment} could not be looked up, trying again: {Reason}")]
    public static partial void NotResolved(ILogger logger, string attachment, string reason);

    [LoggerMessage(4405, LogLevel.Error, "Attachment {Attachment} is refused, because deciding about it failed")]
    public static partial void Unforeseen(ILogger logger, Exception exception, string attachment);
}
