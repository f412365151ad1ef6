using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// Which attachment has which port of which pod. The first come keeps it; a second one is let in when both are filtered
/// and no request can match both. Copies and environments take nothing away, so they claim nothing. Who replaces a container has
/// all of it, also the ports that nobody has declared, and changes the whole workload, so it needs both for itself.
/// </summary>
internal sealed class PortClaims(Func<HttpMatch, HttpMatch, bool> canBothMatch)
{
    private readonly Dictionary<(string PodUid, int Port, PortProtocol Protocol), List<AttachmentState>> _ports = [];
    private readonly Dictionary<(string PodUid, string Container), AttachmentState> _containers = [];
    private readonly Dictionary<(ObjectKey Workload, string Kind), AttachmentState> _workloads = [];

    /// <summary>
    /// Null = it has got all that it needs; otherwise the attachment that is in its way, and the port if that is what it is about.
    /// Who has claimed before keeps what it has, whatever others say, and others must know of it.
    /// </summary>
    /// <param name="pods">The workload's.</param>
    public (AttachmentState Holder, AttachedPort? Port)? Claim(AttachmentState attachment, IReadOnlyList<Replica> pods)
    {
        if (attachment.Spec.Type is not (AttachmentType.Intercept or AttachmentType.Replace))
        {
            return null;
        }

        if (FindHolder(attachment, pods) is { } holder && !attachment.HasClaimed)
        {
            return holder;
        }

        if (attachment.Spec.Type == AttachmentType.Replace)
        {
            _workloads.TryAdd(WorkloadOf(attachment), attachment);
        }

        foreach (Replica pod in pods)
        {
            _containers.TryAdd((pod.Uid, attachment.Ports!.Container), attachment);
            foreach (AttachedPort wanted in attachment.Ports.Ports)
            {
                if (!_ports.TryGetValue((pod.Uid, wanted.Port, wanted.Protocol), out List<AttachmentState>? holders))
                {
                    _ports[(pod.Uid, wanted.Port, wanted.Protocol)] = holders = [];
                }

                holders.Add(attachment);
            }
        }

        return null;
    }

    private static (ObjectKey Workload, string Kind) WorkloadOf(AttachmentState attachment) =>
        (new ObjectKey(attachment.Workload!.Namespace, attachment.Workload.Name), attachment.Workload.Kind.Name);

    private (AttachmentState Holder, AttachedPort? Port)? FindHolder(AttachmentState attachment, IReadOnlyList<Replica> pods)
    {
        if (FindPortHolder(attachment, pods) is var (holder, port))
        {
            return (holder, port);
        }

        bool isReplace = attachment.Spec.Type == AttachmentType.Replace;
        string container = attachment.Ports!.Container;
        AttachmentState? other = _workloads.GetValueOrDefault(WorkloadOf(attachment));
        if (other is null || !(isReplace || other.Ports!.Container == container))
        {
            // A port is taken from the container's original, and there is none while it is replaced.
            other = pods.Select(pod => _containers.GetValueOrDefault((pod.Uid, container)))
                .FirstOrDefault(found => found is not null && (isReplace || found.Spec.Type == AttachmentType.Replace));
        }

        return other is null ? null : (other, null);
    }

    private (AttachmentState Holder, AttachedPort Port)? FindPortHolder(AttachmentState attachment, IReadOnlyList<Replica> pods)
    {
        foreach (AttachedPort port in attachment.Ports!.Ports)
        {
            foreach (Replica pod in pods)
            {
                if (_ports.GetValueOrDefault((pod.Uid, port.Port, port.Protocol))?.Find(holder => Collide(holder, attachment, port.Protocol)) is { } holder)
                {
                    return (holder, port);
                }
            }
        }

        return null;
    }

    // A filter is for requests: datagrams are taken all or not at all.
    private bool Collide(AttachmentState holder, AttachmentState attachment, PortProtocol protocol) =>
        protocol == PortProtocol.Udp || holder.Spec.Http is not { } first || attachment.Spec.Http is not { } second || canBothMatch(first, second);
}
