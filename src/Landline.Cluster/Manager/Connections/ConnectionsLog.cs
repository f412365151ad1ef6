using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Connections;

/// <summary>What keeping the Connection objects reports.</summary>
internal static partial class ConnectionsLog
{
    [LoggerMessage(4300, LogLevel.Information, "Connection {Connection} has run out: no workstation within its grace period")]
    public static partial void Expired(ILogger logger, string connection);

    [LoggerMessage(4301, LogLevel.Information, "Connection {Connection} has been deleted; its session ends")]
    public static partial void Deleted(ILogger logger, string connection);

    [LoggerMessage(4302, LogLevel.Warning, "Cannot write the status of connection {Connection}: {Reason}")]
    public static partial void StatusNotWritten(ILogger logger, string connection, string reason);

    [LoggerMessage(4303, LogLevel.Warning, "Cannot delete connection {Connection}: {Reason}")]
    public static partial void NotDeleted(ILogger logger, string connection, string reason);

    [LoggerMessage(4304, LogLevel.Warning, "Cannot write the ConfigMap that tells workstations the manager's key: {Reason}")]
    public static partial void NotAnnounced(ILogger logger, string reason);

    [LoggerMessage(4305, LogLevel.Information, "Another manager has taken over")]
    public static partial void TakenOver(ILogger logger);
}
