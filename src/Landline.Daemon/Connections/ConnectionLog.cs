using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>What a connection reports: 1400 to 1499.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(1400, LogLevel.Information, "Connecting to {Server}, namespace {Namespace}")]
    public static partial void Connecting(this ILogger logger, string server, string @namespace);

    [LoggerMessage(1401, LogLevel.Information, "Connected: session {Session}, routed {Subnets}")]
    public static partial void Connected(this ILogger logger, Guid session, string subnets);

    [LoggerMessage(1402, LogLevel.Warning, "The link to the manager is gone: {Reason}")]
    public static partial void Reconnecting(this ILogger logger, string reason);

    [LoggerMessage(1403, LogLevel.Information, "The link to the manager is back, session {Session}")]
    public static partial void Reconnected(this ILogger logger, Guid session);

    [LoggerMessage(1404, LogLevel.Warning, "Session {Old} is over; its connections were reset. Session {New} takes its place")]
    public static partial void SessionReplaced(this ILogger logger, Guid old, Guid @new);

    [LoggerMessage(1405, LogLevel.Error, "The connection is lost: {Reason}")]
    public static partial void Lost(this ILogger logger, string reason);

    [LoggerMessage(1406, LogLevel.Error, "Putting things back failed: {Reason}")]
    public static partial void PutBackFailed(this ILogger logger, string reason);

    [LoggerMessage(1407, LogLevel.Information, "The cluster routes {Subnets} and has {Namespaces} namespaces")]
    public static partial void ClusterChanged(this ILogger logger, string subnets, int namespaces);

    [LoggerMessage(1408, LogLevel.Warning, "The new routes could not be set: {Reason}")]
    public static partial void RoutesRefused(this ILogger logger, string reason);

    [LoggerMessage(1409, LogLevel.Information, "Connection {Name} in namespace {Namespace} created")]
    public static partial void ObjectCreated(this ILogger logger, string name, string @namespace);

    [LoggerMessage(1410, LogLevel.Warning, "Connection {Name} could not be deleted; the manager does it after the grace period: {Reason}")]
    public static partial void ObjectNotDeleted(this ILogger logger, string name, string reason);

    [LoggerMessage(1411, LogLevel.Information, "Disconnecting")]
    public static partial void Disconnecting(this ILogger logger);

    [LoggerMessage(1412, LogLevel.Information, "{Name} now has the addresses {Addresses}")]
    public static partial void NameResolved(this ILogger logger, string name, string addresses);

    [LoggerMessage(1413, LogLevel.Warning, "{Name} does not resolve in the cluster")]
    public static partial void NameUnresolved(this ILogger logger, string name);

    [LoggerMessage(1414, LogLevel.Debug, "The control stream ended: {Reason}")]
    public static partial void ControlEnded(this ILogger logger, string reason);

    [LoggerMessage(1415, LogLevel.Information, "Connection {Name} is gone from the cluster; making it anew")]
    public static partial void ObjectGone(this ILogger logger, string name);

    [LoggerMessage(1416, LogLevel.Information, "The manager does not know the cluster yet; what is known of it here stays in force")]
    public static partial void ClusterUnknown(this ILogger logger);

    [LoggerMessage(1417, LogLevel.Information, "No session through the API server's proxy ({Reason}); trying a port-forward")]
    public static partial void ProxyRefused(this ILogger logger, string reason);

    [LoggerMessage(1418, LogLevel.Information, "Nothing comes through the API server's proxy, as where it has no way to pods; port-forwards for the next ten minutes")]
    public static partial void ProxySilent(this ILogger logger);
}
