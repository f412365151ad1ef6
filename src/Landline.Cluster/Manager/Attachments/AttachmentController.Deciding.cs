using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Replacing;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <content>What becomes of one attachment.</content>
internal sealed partial class AttachmentController
{
    // Confirmed and resolved, so that its pods can be attached to.
    private bool IsReady(AttachmentState state, CancellationToken cancellationToken)
    {
        if (state.Refusal is not null)
        {
            return false;
        }

        if (state.IsConfirmed && !IsThere(state.Connection, state.ConnectionUid))
        {
            (state.IsConfirmed, state.HasClaimed, state.Pods) = (false, false, []);
            Withdraw(state);
        }

        if (!state.IsConfirmed && !TryConfirm(state))
        {
            return false;
        }

        if (state.Ports is null)
        {
            if (state.Resolving is null or { IsCompleted: true })
            {
                state.Resolving = ResolveAsync(state, cancellationToken);
            }

            return false;
        }

        return true;
    }

    // By a session of the Connection that it was made for: a name alone is nobody's.
    private bool TryConfirm(AttachmentState state)
    {
        WorkstationPeer? workstation = _workstations.Find(state.Connection);
        if (workstation?.Confirmed.Contains(state.Object.Uid) == true
            && (state.ConnectionUid is null || state.ConnectionUid == workstation.Connection.Uid)
            && IsThere(state.Connection, workstation.Connection.Uid))
        {
            (state.IsConfirmed, state.IsWithdrawn, state.ConnectionUid) = (true, false, workstation.Connection.Uid);
            return true;
        }

        RefuseWhenNobodyConfirms(state, workstation);
        return false;
    }

    // A session can be faster than the watch that brings its Connection; one whose Connection is deleted ends by itself.
    private bool IsThere(ObjectKey connection, string? uid) => _connections.Objects.Find(connection) is { } found
        ? found.Metadata.DeletionTimestamp is null && (uid is null || found.Uid == uid)
        : _workstations.Find(connection) is { } workstation && (uid is null || workstation.Connection.Uid == uid);

    private void RefuseWhenNobodyConfirms(AttachmentState state, WorkstationPeer? workstation)
    {
        DateTimeOffset now = _timeProvider.GetUtcNow();
        ConnectionObject? connection = _connections.Objects.Find(state.Connection);
        if (connection is null && now - state.Since > ConfirmationDeadline)
        {
            state.Refusal = ("ConnectionNotFound", $"There is no Connection '{state.Spec.Connection}' in namespace '{state.Connection.Namespace}'.");
        }
        else if (connection is not null && state.ConnectionUid is not null && connection.Uid != state.ConnectionUid)
        {
            state.Refusal = ("ConnectionNotFound", $"The Connection '{state.Spec.Connection}' that it was made for is gone; the one that has its name now is another.");
        }
        else if (workstation is not null && now - Later(state.Since, workstation.Since) > ConfirmationDeadline)
        {
            state.Refusal = ("NotConfirmed", $"Connection '{state.Spec.Connection}' is somebody else's: its session did not ask for this.");
        }
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private async Task ResolveAsync(AttachmentState state, CancellationToken cancellationToken)
    {
        // Off the loop, which shares its state with this task: results are set last, and then the loop is woken.
        await Task.Yield();
        try
        {
            WorkloadView workload = await _workloads.FindAsync(state.Key.Namespace, state.Spec.Workload, cancellationToken);
            if (workload.Template.HostNetwork == true)
            {
                throw new AttachmentRefusedException(
                    "HostNetwork", $"{workload.DisplayName} uses its node's network (hostNetwork), which cannot be attached to without touching the node.");
            }

            if (state.Spec.Type == AttachmentType.Replace && workload.RolloutObstacle is { } obstacle)
            {
                throw new AttachmentRefusedException("NoRollout", $"{workload.DisplayName} cannot be replaced: {obstacle}.");
            }

            if (!HttpFilter.TryCompile(state.Spec.Http, out _, out string? problem))
            {
                throw new AttachmentRefusedException("WrongFilter", problem ?? "The HTTP filter cannot be read.");
            }

            var ports = PortResolution.Resolve(state.Spec, workload);
            if (state.Spec.Http is not null && ports.Ports.Count > 0 && ports.Ports.All(port => port.Protocol == PortProtocol.Udp))
            {
                throw new AttachmentRefusedException("WrongFilter", $"An HTTP filter matches no datagrams, and only UDP ports of {workload.DisplayName} are asked for.");
            }

            state.Workload = workload;
            state.Ports = ports;
        }
        catch (AttachmentRefusedException e)
        {
            state.Refusal = (e.Reason, e.Message);
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            AttachmentsLog.NotResolved(_logger, state.Id, e.Message);
            return;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            RefuseUnforeseen(state, e);
        }

        Wake();
    }

    // A defect that one attachment brings to light is that attachment's: the manager goes on for all others.
    private void RefuseUnforeseen(AttachmentState state, Exception e)
    {
        AttachmentsLog.Unforeseen(_logger, e, state.Id);
        state.Refusal = ("InternalError", $"The manager failed at attachment '{state.Id}' ({e.GetType().Name}); its log says more.");
    }

    private void Place(
        AttachmentState state, PortClaims claims, List<(string Node, AgentAttachment Attachment)> desired, CancellationToken cancellationToken)
    {
        WorkloadView workload = state.Workload!;
        PortResolution ports = state.Ports!;
        Replica[] pods =
        [
            .. Replicas
                .Where(pod => pod.Namespace == workload.Namespace && !pod.HostNetwork && workload.Owns(pod.Name, pod.Owner, pod.Labels))
                .OrderBy(pod => pod.Created).ThenBy(pod => pod.Name, StringComparer.Ordinal),
        ];
        if (FindReplacer(state, pods) is { } replacer)
        {
            state.Refusal = WorkloadTaken(workload, replacer);
            return;
        }

        if (claims.Claim(state, pods) is var (holder, port))
        {
            state.Refusal = port is null
                ? WorkloadTaken(workload, holder.Object)
                : ("PortTaken", $"Port {port.Port} of {workload.DisplayName} is taken by {OwnerOf(holder.Connection)} ({HttpMatchText.Of(holder.Spec.Http)}).");
            return;
        }

        // A workload is changed only by who has got all that it wants of it, and has it from then on, also while it is rolled out.
        state.HasClaimed |= pods.Length > 0 || state.Spec.Type == AttachmentType.Replace;
        if (state.Spec.Type == AttachmentType.Replace)
        {
            if (!SeeToReplacement(state, cancellationToken))
            {
                return;
            }

            pods = [.. pods.Where(pod => WorkloadReplacer.IsReplacement(state, pod))];
        }

        state.Pods = pods;
        _registry.Set(new ActiveAttachment(state.Key, state.Connection, state.ConnectionUid!, pods.Select(pod => pod.Node).ToHashSet()));
        Attached[state.Key] = new AttachedReplicas(
            state.Connection, state.ConnectionUid!, state.Spec.Type, [.. pods.Where(pod => RunningId(pod, ports) is not null).Select(pod => (pod.Node, pod.Uid))]);
        foreach (Replica pod in pods)
        {
            if (RunningId(pod, ports) is { } id)
            {
                desired.Add((pod.Node, ForAgent(state, pod, id)));
            }
        }
    }

    // Whoever has the container replaced has it also before its session has come back to a manager that has just started.
    private AttachmentObject? FindReplacer(AttachmentState state, Replica[] pods)
    {
        if (state.Spec.Type != AttachmentType.Intercept || state.HasClaimed)
        {
            return null;
        }

        return pods.Select(ContainerSwap.UidOf).OfType<string>().Distinct(StringComparer.Ordinal)
            .Select(_replacer.FindHolder).OfType<AttachmentObject>()
            .FirstOrDefault(holder => holder.Status?.Container is not { } container || container == state.Ports!.Container);
    }

    // False: it is refused.
    private bool SeeToReplacement(AttachmentState state, CancellationToken cancellationToken)
    {
        Swap? swap = _replacer.See(state, Wake, cancellationToken);
        state.Refusal = swap switch
        {
            Swap.Refused(var reason, var message) => (reason, message),
            Swap.Taken(var holder) => WorkloadTaken(state.Workload!, holder),
            _ => null,
        };
        state.Replacing = ReplacementProgress.Of(state.Workload!, state.Ports!.Container, swap, WithEnding);
        return state.Refusal is null;
    }

    private (string Reason, string Message) WorkloadTaken(WorkloadView workload, AttachmentObject holder) => (
        "WorkloadTaken",
        $"{workload.CapitalName} is taken by "
        + $"{OwnerOf(new ObjectKey(holder.Metadata.Namespace ?? "", holder.Spec.Connection))} ({holder.Spec.Type.ToString().ToLowerInvariant()} '{holder.Metadata.Name}').");

    private static string? RunningId(Replica pod, PortResolution ports) => ContainerOf(pod, ports)?.RunningId;

    private static ReplicaContainer? ContainerOf(Replica pod, PortResolution ports) =>
        pod.Containers.FirstOrDefault(container => container.Name == ports.Container);

    private static AgentAttachment ForAgent(AttachmentState state, Replica pod, string containerId) => new()
    {
        Attachment = state.Id,
        Uid = state.Object.Uid,
        Type = state.Spec.Type,
        Ports = state.Ports!.Ports,
        Http = state.Spec.Http,
        WhenUnavailable = state.Spec.Type == AttachmentType.Replace ? WhenUnavailable.Refuse : state.Spec.WhenUnavailable,
        ForwardSourceAddress = state.Spec.ForwardSourceAddress,
        Pod = new AgentPod
        {
            Namespace = pod.Namespace,
            Name = pod.Name,
            Uid = pod.Uid,
            Addresses = pod.Addresses,
            Container = state.Ports.Container,
            ContainerId = containerId,
            Mounts = pod.Containers.First(container => container.Name == state.Ports.Container).Mounts,
            NodeAddresses = pod.NodeAddresses,
            Probes = pod.Probes,
        },
    };

    private string OwnerOf(ObjectKey holder) => _connections.Objects.Find(holder) is { } connection
        ? $"{connection.Spec.Client.User}@{connection.Spec.Client.Host}"
        : holder.Name;
}
