using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Agents;

/// <summary>What keeping agents reports.</summary>
internal static partial class AgentsLog
{
    [LoggerMessage(4600, LogLevel.Information, "An agent is started on node {Node}")]
    public static partial void Created(ILogger logger, string node);

    [LoggerMessage(4601, LogLevel.Information, "The agent on node {Node} has nothing to do and is deleted")]
    public static partial void Idle(ILogger logger, string node);

    [LoggerMessage(4602, LogLevel.Warning, "There is no agent on node {Node}: {Reason}")]
    public static partial void NotMade(ILogger logger, string node, string reason);

    [LoggerMessage(4603, LogLevel.Warning, "The agent on node {Node} does not answer; its pod {Pod} is deleted")]
    public static partial void Hangs(ILogger logger, string node, string pod);

    [LoggerMessage(4604, LogLevel.Debug, "The control stream of the agent on node {Node} has ended: {Reason}")]
    public static partial void ControlEnded(ILogger logger, string node, string reason);

    [LoggerMessage(4605, LogLevel.Debug, "Agents cannot be looked after, trying again: {Reason}")]
    public static partial void CannotAct(ILogger logger, string reason);
}
