using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Watching;

/// <summary>What following the API server's objects reports.</summary>
internal static partial class WatchingLog
{
    [LoggerMessage(4000, LogLevel.Warning, "Cannot follow the cluster's {Kind}, trying again every 10 s: {Reason}")]
    public static partial void Refused(ILogger logger, string kind, string reason);

    [LoggerMessage(4001, LogLevel.Information, "Follows the cluster's {Kind} again")]
    public static partial void Recovered(ILogger logger, string kind);
}
