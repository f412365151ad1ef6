using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Attachments;

/// <summary>What attaching reports: 1600 to 1699.</summary>
internal static partial class AttachmentLog
{
    [LoggerMessage(1600, LogLevel.Information, "Attachment {Attachment}: {Type} of {Workload} asked for")]
    public static partial void Attaching(this ILogger logger, string attachment, string type, string workload);

    [LoggerMessage(1601, LogLevel.Information, "Attachment {Attachment} is active in {Pods} pods")]
    public static partial void Attached(this ILogger logger, string attachment, int pods);

    [LoggerMessage(1602, LogLevel.Information, "Attachment {Attachment} is detached")]
    public static partial void Detached(this ILogger logger, string attachment);

    [LoggerMessage(1603, LogLevel.Warning, "Attachment {Attachment} has ended: {Reason}")]
    public static partial void EndedElsewhere(this ILogger logger, string attachment, string reason);

    [LoggerMessage(1604, LogLevel.Warning, "Attachment {Attachment} could not be deleted, trying again: {Reason}")]
    public static partial void NotDeleted(this ILogger logger, string attachment, string reason);

    [LoggerMessage(1605, LogLevel.Information, "Attachment {Attachment} is confirmed to the manager again")]
    public static partial void ConfirmedAgain(this ILogger logger, string attachment);

    [LoggerMessage(1606, LogLevel.Information, "Attachment {Attachment} is made anew for connection {Connection}")]
    public static partial void MadeAnew(this ILogger logger, string attachment, string connection);

    [LoggerMessage(1607, LogLevel.Warning, "Attachment {Attachment} could not be renewed, trying again: {Reason}")]
    public static partial void NotRenewed(this ILogger logger, string attachment, string reason);

    [LoggerMessage(1608, LogLevel.Information, "Attachment {Attachment} is {Phase} now{Message}")]
    private static partial void PhaseChanged(this ILogger logger, string attachment, AttachmentPhase phase, string message);

    public static void PhaseChanged(this ILogger logger, string attachment, AttachmentStatus status) =>
        logger.PhaseChanged(attachment, status.Phase, string.IsNullOrEmpty(status.Message) ? "" : $": {status.Message}");

    [LoggerMessage(1609, LogLevel.Debug, "Attachment {Attachment}: the handler at {Handler} does not answer: {Reason}")]
    public static partial void HandlerAway(this ILogger logger, string attachment, string handler, string reason);

    [LoggerMessage(1610, LogLevel.Debug, "Attachment {Attachment}: port {Port} of the pod cannot be reached: {Reason}")]
    public static partial void ToPodFailed(this ILogger logger, string attachment, int port, string reason);

    [LoggerMessage(1611, LogLevel.Information, "Attachment {Attachment}: the container's files are in {Path}")]
    public static partial void Mounted(this ILogger logger, string attachment, string path);

    [LoggerMessage(1612, LogLevel.Information, "Attachment {Attachment}: the container's files are unmounted: {Reason}")]
    public static partial void Unmounted(this ILogger logger, string attachment, string reason);

    [LoggerMessage(1613, LogLevel.Warning, "Attachment {Attachment}: the container's files cannot be mounted: {Reason}")]
    public static partial void NotMounted(this ILogger logger, string attachment, string reason);

    [LoggerMessage(1614, LogLevel.Error, "Attachment {Attachment}: something of it could not be taken back")]
    public static partial void NotTakenBack(this ILogger logger, string attachment, Exception exception);
}
