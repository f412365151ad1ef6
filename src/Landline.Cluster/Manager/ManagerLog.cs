using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager;

/// <summary>What the manager reports of itself.</summary>
internal static partial class ManagerLog
{
    [LoggerMessage(4010, LogLevel.Information, "Manager {Version} starts in pod {Pod}, namespace {Namespace}; its key is {Fingerprint}")]
    public static partial void Started(ILogger logger, string version, string pod, string @namespace, string fingerprint);

    [LoggerMessage(4011, LogLevel.Error, "Cannot reach a cluster: {Reason}")]
    public static partial void NoCluster(ILogger logger, string reason);

    [LoggerMessage(4012, LogLevel.Critical, "The manager has stopped unexpectedly")]
    public static partial void Stopped(ILogger logger, Exception failure);
}
