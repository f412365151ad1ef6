using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <content>What workstations and the objects' statuses say.</content>
internal sealed partial class AttachmentController
{
    /// <summary>Of the pods that are not attached, each with its reason.</summary>
    private const int MostNamed = 3;

    private AttachmentStatus StatusOf(AttachmentState state)
    {
        if (state.Refusal is var (reason, message))
        {
            return new AttachmentStatus { Phase = AttachmentPhase.Refused, Reason = reason, Message = message };
        }

        if (!state.IsConfirmed)
        {
            return new AttachmentStatus { Phase = AttachmentPhase.Pending, Reason = "Unconfirmed", Message = "It waits for its workstation's session." };
        }

        if (state.Ports is null || state.Workload is null)
        {
            return new AttachmentStatus { Phase = AttachmentPhase.Pending, Reason = "Resolving", Message = "The workload is looked up." };
        }

        AttachedPod[] pods = PodsOf(state);
        (AttachmentPhase phase, string? why, string? what) = PhaseOf(state, pods);
        return new AttachmentStatus
        {
            Phase = phase,
            Reason = why,
            Message = what,
            Workload = new AttachmentWorkload { ApiVersion = state.Workload.Kind.ApiVersion, Kind = state.Workload.Kind.Name, Name = state.Workload.Name },
            Container = state.Ports.Container,
            Ports = state.Ports.Ports,
            Pods = pods,
        };
    }

    // Before its status is told: how long its replicas have waited.
    private void NoteWaiting(AttachmentState state)
    {
        if (state.Ports is not null)
        {
            AttachedPod[] waiting = WaitingOf(state, PodsOf(state));
            state.Patience.Note([.. waiting.Select(pod => (pod.Uid ?? "", _agents.IsStarting(pod.Node ?? "")))], _timeProvider.GetUtcNow());
        }
    }

    private AttachedPod[] PodsOf(AttachmentState state) => [.. state.Pods.Select(pod => PodOf(state, pod))];

    // A replica whose container does not run (yet) takes no requests, so it holds nobody up.
    private static AttachedPod[] WaitingOf(AttachmentState state, AttachedPod[] pods) =>
        [.. pods.Where((pod, i) => pod.State == AttachedPodState.Waiting && RunningId(state.Pods[i], state.Ports!) is not null)];

    private (AttachmentPhase Phase, string? Reason, string? Message) PhaseOf(AttachmentState state, AttachedPod[] pods)
    {
        AttachedPod[] waiting = WaitingOf(state, pods);
        if (state.Replacing is var (reason, progress))
        {
            return (AttachmentPhase.Pending, reason, progress);
        }

        if (pods.Length == 0)
        {
            return (AttachmentPhase.Pending, AttachmentStatus.NothingRuns, $"No pod of {state.Workload!.DisplayName} runs.");
        }

        if (pods.FirstOrDefault(pod => pod.State == AttachedPodState.Failed) is { } failed)
        {
            return FailureOf(failed, state.Pods[Array.IndexOf(pods, failed)]);
        }

        bool isAnyCaptured = pods.Any(pod => pod.State == AttachedPodState.Captured);
        // Nobody waits any more for an attachment that is active: a replica that comes later answers for itself until it is attached.
        if (waiting.Length > 0 && isAnyCaptured && (state.IsActive || state.Patience.IsOver))
        {
            return (AttachmentPhase.Active, "Limited", NotAttached(waiting, pods.Length));
        }

        if (waiting.Length > 0)
        {
            return waiting.Select(pod => _agents.FindTrouble(pod.Node ?? "")).FirstOrDefault(trouble => trouble is not null) is { } trouble
                ? (AttachmentPhase.Pending, trouble.Reason, trouble.Message)
                : (AttachmentPhase.Pending, "Waiting", $"Pod {waiting[0].Name}: {waiting[0].Message}");
        }

        if (isAnyCaptured)
        {
            return pods.FirstOrDefault(pod => pod is { State: AttachedPodState.Captured, Message: not null }) is { } limited
                ? (AttachmentPhase.Active, "Limited", $"Pod {limited.Name}: {limited.Message}")
                : (AttachmentPhase.Active, null, null);
        }

        string nothing = $"Container '{state.Ports!.Container}' runs in no pod of {state.Workload!.DisplayName}";
        string?[] troubles = [.. state.Pods.Select(pod => ContainerOf(pod, state.Ports)?.Trouble).Distinct()];
        return troubles.Contains(null)
            ? (AttachmentPhase.Pending, AttachmentStatus.NothingRuns, $"{nothing}.")
            : (AttachmentPhase.Pending, AttachmentStatus.ContainerFails, $"{nothing} ({string.Join(", ", troubles)}).");
    }

    internal static (AttachmentPhase Phase, string Reason, string Message) FailureOf(AttachedPod failed, Replica pod) => pod.HasOwnUsers
        ? (AttachmentPhase.Pending, "UserNamespace",
            $"Pod {failed.Name} has a user namespace of its own (hostUsers: false), in which the agent failed: {failed.Message}")
        : (AttachmentPhase.Pending, "PodFailed", $"Pod {failed.Name}: {failed.Message}");

    private static string NotAttached(AttachedPod[] waiting, int all)
    {
        IEnumerable<string> named = waiting.Take(MostNamed).Select(pod => $"{pod.Name} ({pod.Message?.TrimEnd('.')})");
        string more = waiting.Length > MostNamed ? $" and {waiting.Length - MostNamed} more" : "";
        return $"{waiting.Length} of {all} pods cannot be attached to and answer for themselves: {string.Join(", ", named)}{more}.";
    }

    private AttachedPod PodOf(AttachmentState state, Replica pod)
    {
        AgentReport? report = _agents.FindReport(pod.Node, state.Id, pod.Uid);
        bool runs = RunningId(pod, state.Ports!) is not null;
        return new AttachedPod
        {
            Name = pod.Name,
            Node = pod.Node,
            Uid = pod.Uid,
            State = runs ? report?.State ?? AttachedPodState.Waiting : AttachedPodState.Waiting,
            Message = !runs ? "The container does not run." : report is null ? _agents.Describe(pod.Node) : report.Message,
        };
    }

    private void Tell(AttachmentState state, AttachmentStatus whole)
    {
        AttachmentStatus status = whole.Fitted();
        if (status.SaysTheSame(state.Told))
        {
            return;
        }

        if (status.Phase != state.Told?.Phase && status.Phase != AttachmentPhase.Ended)
        {
            AttachmentsLog.PhaseChanged(
                _logger, state.Id, state.Spec.Type.ToString(), state.Spec.Workload.Name, state.Connection.Name, status.Phase.ToString());
        }

        state.Told = status;
        _messages.Send(state.Connection, new AttachmentMessage
        {
            Namespace = state.Key.Namespace, Name = state.Key.Name, Uid = state.Object.Uid, Status = status,
        });
        if (status.Phase != AttachmentPhase.Ended)
        {
            _statuses.Write(state.Key, state.Object.Uid, status);
        }
    }
}
