using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Agents;

/// <summary>Why a node has no agent, as it goes into the statuses of attachments: docs/attaching.md lists the reasons.</summary>
/// <param name="Message">One sentence in one line, for people.</param>
internal sealed record AgentTrouble(string Reason, string Message)
{
    private const string DoesNotStart = "AgentDoesNotStart";

    /// <summary>A policy or a quota of the cluster refused the pod. Asking again does not help, the cluster's administrator does.</summary>
    public static AgentTrouble NotAdmitted(string @namespace, string refusal) => new(
        AttachmentStatus.AgentNotAdmitted, $"Namespace {@namespace} does not admit the agent's pod: {OneLine(refusal)}");

    /// <summary>The API server, or what it has to ask, does not work at this moment.</summary>
    public static AgentTrouble NotCreated(string @namespace, string failure) => new(
        DoesNotStart, $"The agent's pod cannot be created in namespace {@namespace} at this moment: {OneLine(failure)}");

    /// <summary>The node does not start it, or not yet.</summary>
    public static AgentTrouble NotStarted(string pod, string why, string? detail) => new(
        DoesNotStart, $"The agent's pod {pod} does not start ({OneLine(detail is null ? why : $"{why}: {detail}")}).");

    /// <summary>The node has not said a word about it: it is down or cut off, or none that runs pods like this one.</summary>
    public static AgentTrouble NotTaken(string pod, string node) => new(
        DoesNotStart, $"The agent's pod {pod} is not taken up by node {node}, which may not be ready.");

    // Policy engines answer with lists of the rules that were broken.
    private static string OneLine(string text) =>
        string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
