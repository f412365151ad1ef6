using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>What the manager's sessions report.</summary>
internal static partial class SessionsLog
{
    [LoggerMessage(4100, LogLevel.Information, "Listens for sessions on {Address}")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(4101, LogLevel.Information, "Session {Session} of connection {Connection} has started")]
    public static partial void WorkstationCame(ILogger logger, Guid session, string connection);

    [LoggerMessage(4102, LogLevel.Information, "Session {Session} of connection {Connection} has ended: {Reason}")]
    public static partial void WorkstationLeft(ILogger logger, Guid session, string connection, string reason);

    [LoggerMessage(4103, LogLevel.Information, "Session {Session} of the agent on node {Node} has started")]
    public static partial void AgentCame(ILogger logger, Guid session, string node);

    [LoggerMessage(4104, LogLevel.Information, "Session {Session} of the agent on node {Node} has ended: {Reason}")]
    public static partial void AgentLeft(ILogger logger, Guid session, string node, string reason);

    [LoggerMessage(4105, LogLevel.Debug, "Turned a link away: {Reason}")]
    public static partial void LinkTurnedAway(ILogger logger, string reason);

    [LoggerMessage(4107, LogLevel.Information, "Drains: {Sessions} sessions have {Seconds} s to finish their streams")]
    public static partial void Draining(ILogger logger, int sessions, int seconds);

    [LoggerMessage(4108, LogLevel.Debug, "Control stream of session {Session} broke the protocol: {Reason}")]
    public static partial void ControlFailed(ILogger logger, Guid session, string reason);

    [LoggerMessage(4109, LogLevel.Warning, "No link is accepted: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, string reason);

    [LoggerMessage(4110, LogLevel.Debug, "Cannot ask the API server about a peer: {Reason}")]
    public static partial void CannotAsk(ILogger logger, string reason);
}
