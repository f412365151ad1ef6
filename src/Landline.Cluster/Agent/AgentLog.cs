using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent;

/// <summary>What the agent reports. Never an environment, a file's content or a byte of traffic.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(5000, LogLevel.Information, "Agent {Version} starts on node {Node}")]
    public static partial void Started(ILogger logger, string version, string node);

    [LoggerMessage(5001, LogLevel.Error, "Cannot reach a cluster: {Reason}")]
    public static partial void NoCluster(ILogger logger, string reason);

    [LoggerMessage(5002, LogLevel.Critical, "The agent has stopped unexpectedly")]
    public static partial void Stopped(ILogger logger, Exception failure);

    [LoggerMessage(5010, LogLevel.Warning, "The manager cannot be reached, trying again: {Reason}")]
    public static partial void NotConnected(ILogger logger, string reason);

    [LoggerMessage(5011, LogLevel.Information, "Session {Session} with the manager has started")]
    public static partial void Connected(ILogger logger, Guid session);

    [LoggerMessage(5012, LogLevel.Debug, "The control stream has ended: {Reason}")]
    public static partial void ControlEnded(ILogger logger, string reason);

    [LoggerMessage(5020, LogLevel.Information, "Attached to pod {Namespace}/{Pod}: {What}")]
    public static partial void Attached(ILogger logger, string @namespace, string pod, string what);

    [LoggerMessage(5021, LogLevel.Information, "Detached from pod {Namespace}/{Pod}")]
    public static partial void Detached(ILogger logger, string @namespace, string pod);

    [LoggerMessage(5022, LogLevel.Warning, "Cannot attach to pod {Namespace}/{Pod}: {Reason}")]
    public static partial void NotAttached(ILogger logger, string @namespace, string pod, string reason);

    [LoggerMessage(5023, LogLevel.Warning, "Connections are not accepted in pod {Pod}: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string pod, string reason);
}
