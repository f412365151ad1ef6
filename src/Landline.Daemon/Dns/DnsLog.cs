using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Dns;

/// <summary>Log messages of the DNS server. Event ids 1200 to 1299; see docs/logging.md. Names that were asked for are not logged.</summary>
internal static partial class DnsLog
{
    [LoggerMessage(1201, LogLevel.Debug, "The exchange with the cluster's resolver is open")]
    internal static partial void ClusterChannelOpened(ILogger logger);

    [LoggerMessage(1202, LogLevel.Debug, "The exchange with the cluster's resolver ended: {Reason}")]
    internal static partial void ClusterChannelEnded(ILogger logger, string reason);

    [LoggerMessage(1203, LogLevel.Warning, "The cluster's resolver does not answer ({Reason}); askers get SERVFAIL")]
    internal static partial void ClusterSilent(ILogger logger, string reason);

    [LoggerMessage(1204, LogLevel.Information, "The cluster's resolver answers again, after {Failures} questions without answer")]
    internal static partial void ClusterAnswersAgain(ILogger logger, int failures);

    [LoggerMessage(1205, LogLevel.Warning, "No name server of this machine answers ({Reason}); askers get SERVFAIL")]
    internal static partial void UpstreamSilent(ILogger logger, string reason);

    [LoggerMessage(1206, LogLevel.Information, "The name servers of this machine answer again, after {Failures} questions without answer")]
    internal static partial void UpstreamAnswersAgain(ILogger logger, int failures);

    [LoggerMessage(1207, LogLevel.Error, "Answering a question failed")]
    internal static partial void AnsweringFailed(ILogger logger, Exception exception);

    [LoggerMessage(1208, LogLevel.Information, "The DNS server listens on {EndPoint}")]
    internal static partial void Listening(ILogger logger, string endPoint);

    [LoggerMessage(1210, LogLevel.Debug, "An asker went away: {Reason}")]
    internal static partial void AskerGone(ILogger logger, string reason);

    [LoggerMessage(1209, LogLevel.Warning, "The DNS server's {Transport} socket failed: {Reason}")]
    internal static partial void SocketFailed(ILogger logger, string transport, string reason);
}
