using System.Text.Json;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;
using Landline.Protocol.Relays;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Agents;

/// <summary>
/// Brings a captured connection from an agent to the workstation of its attachment: opens the same stream there, and
/// accepts only when the workstation has, so that the agent knows whether the original must answer instead.
/// </summary>
internal sealed class InboundRelay(
    AttachmentRegistry attachments, WorkstationRegistry workstations, ManagerMetrics metrics, TimeProvider timeProvider)
{
    /// <summary>Behind the agent's own patience (1.5 s), which decides; this only cleans up.</summary>
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(3);

    public async Task ServeAsync(AgentPeer agent, SessionStream fromAgent, CancellationToken cancellationToken)
    {
        metrics.StreamStarted(fromAgent.Kind);
        try
        {
            await RelayAsync(agent, fromAgent, cancellationToken);
        }
        finally
        {
            metrics.StreamEnded(fromAgent.Kind);
        }
    }

    private async Task RelayAsync(AgentPeer agent, SessionStream fromAgent, CancellationToken cancellationToken)
    {
        if (FindWorkstation(agent, fromAgent.OpenPayload) is not { } workstation)
        {
            fromAgent.Refuse(new(StreamEndCode.NotAllowed, "no such attachment on this node"));
            return;
        }

        // A session that waits for its workstation would stall the caller; the original answers better.
        if (workstation.Session.State != SessionState.Connected)
        {
            fromAgent.Refuse(new(StreamEndCode.Unavailable, "the workstation is away"));
            return;
        }

        SessionStream toWorkstation = workstation.Session.Open(StreamKind.Inbound, fromAgent.OpenPayload.Span);
        if (await AnswerAsync(fromAgent, toWorkstation, cancellationToken) is { } refusal)
        {
            toWorkstation.Reset(new(StreamEndCode.Canceled, "nobody waits for this connection any more"));
            fromAgent.Refuse(refusal);
            return;
        }

        fromAgent.Accept();
        await StreamRelay.RunAsync(fromAgent, toWorkstation, cancellationToken);
    }

    /// <summary>Null = the workstation has accepted.</summary>
    private async Task<StreamEnd?> AnswerAsync(
        SessionStream fromAgent, SessionStream toWorkstation, CancellationToken cancellationToken)
    {
        try
        {
            Task first = await Task.WhenAny(toWorkstation.Opened, fromAgent.Completion)
                .WaitAsync(AnswerDeadline, timeProvider, cancellationToken);
            return first == toWorkstation.Opened
                ? await toWorkstation.Opened
                : new StreamEnd(StreamEndCode.Canceled, "the agent does not wait any more");
        }
        catch (TimeoutException)
        {
            return new StreamEnd(StreamEndCode.Unavailable, "the workstation did not answer in time");
        }
        catch (OperationCanceledException)
        {
            return new StreamEnd(StreamEndCode.Unavailable, "the manager stops");
        }
    }

    private WorkstationPeer? FindWorkstation(AgentPeer agent, ReadOnlyMemory<byte> openPayload)
    {
        try
        {
            return JsonSerializer.Deserialize(openPayload.Span, ProtocolJson.Default.InboundOpen) is { } open
                && ObjectKey.TryParse(open.Attachment, out ObjectKey key)
                && attachments.Find(key) is { } attachment
                && attachment.Nodes.Contains(agent.Node)
                    ? workstations.Find(attachment.Connection, attachment.ConnectionUid)
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
