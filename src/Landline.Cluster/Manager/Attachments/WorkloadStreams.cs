using System.Text.Json;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// Brings a workstation's Workload stream to the agent beside the workload: only for an attachment of the workstation's
/// own session, and to the same replica for environment and files as long as that one runs.
/// </summary>
internal sealed class WorkloadStreams(Func<ObjectKey, AttachedReplicas?> find, AgentFleet agents, TimeProvider timeProvider)
{
    /// <summary>For an agent to answer: one that hangs is given up before the workstation's own patience ends.</summary>
    private static readonly TimeSpan AgentDeadline = TimeSpan.FromSeconds(10);

    public async Task ServeAsync(WorkstationPeer workstation, SessionStream fromWorkstation, CancellationToken cancellationToken)
    {
        if (Read(fromWorkstation.OpenPayload) is not { } open
            || !ObjectKey.TryParse(open.Attachment, out ObjectKey key)
            || find(key) is not { } attached
            || attached.Connection != workstation.Key
            || attached.ConnectionUid != workstation.Connection.Uid)
        {
            fromWorkstation.Refuse(new(StreamEndCode.NotAllowed, "this session has no such attachment"));
            return;
        }

        (string node, string podUid) = attached.Pods.FirstOrDefault(pod => open.PodUid is null || pod.PodUid == open.PodUid);
        if (node is null || agents.Find(node) is not { } agent)
        {
            fromWorkstation.Refuse(new(StreamEndCode.Unavailable, "no replica with an agent beside it runs"));
            return;
        }

        bool mayWrite = attached.Type is AttachmentType.Intercept or AttachmentType.Replace;
        open = open with { PodUid = podUid, ReadOnly = open.ReadOnly || !mayWrite };
        SessionStream toAgent = agent.Session.Open(
            StreamKind.Workload, JsonSerializer.SerializeToUtf8Bytes(open, ProtocolJson.Default.WorkloadOpen));
        if (await RefusalAsync(toAgent, fromWorkstation.Completion, cancellationToken) is { } refusal)
        {
            toAgent.Reset(refusal);
            fromWorkstation.Refuse(refusal);
            return;
        }

        fromWorkstation.Accept();
        await StreamRelay.RunAsync(fromWorkstation, toAgent, cancellationToken);
    }

    // Null: the agent has accepted.
    private async Task<StreamEnd?> RefusalAsync(SessionStream toAgent, Task gone, CancellationToken cancellationToken)
    {
        try
        {
            Task<StreamEnd?> opened = toAgent.Opened;
            return await Task.WhenAny(opened, gone).WaitAsync(AgentDeadline, timeProvider, cancellationToken) == opened
                ? await opened
                : new StreamEnd(StreamEndCode.Canceled, "the workstation waits no more");
        }
        catch (TimeoutException)
        {
            return new StreamEnd(StreamEndCode.TimedOut, "the agent beside the workload does not answer");
        }
    }

    private static WorkloadOpen? Read(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload.Span, ProtocolJson.Default.WorkloadOpen);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
