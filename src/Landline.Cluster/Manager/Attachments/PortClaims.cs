using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// Which attachment has which port of which pod. The first come keeps it; a second one is let in when both are filtered
/// and no request can match both. Copies and environments take nothing away, so they claim nothing. Who replaces a container takes
/// it from whoever has a port of it, and changes the whole workload, so it needs both for itself.
/// </summary>
internal sealed class PortClaims(Func<HttpMatch, HttpMatch, bool> canBothMatch)
{
    private readonly Dictionary<(string PodUid, int Port, PortProtocol Protocol), List<AttachmentState>> _ports = [];
    private readonly Dictionary<(string PodUid, string Container), AttachmentState> _containers = [];
    private readonly Dictionary<(ObjectKey Workload, string Kind), AttachmentState> _workloads = [];

    /// <summary>Null = it has got all that it needs; otherwise the attachment that is in its way, and the port if that is what it is about.</summary>
    /// <param name="pods">The workload's.</param>
    public (AttachmentState Holder, AttachedPort? Port)? Claim(AttachmentState attachment, IReadOnlyList<Replica> pods)
    {
        if (attachment.Spec.Type is not (AttachmentType.Intercept or AttachmentType.Replace))
        {
            return null;
        }

        if (FindPortHolder(attachment, pods) is var (holder, port))
        {
            return (holder, port);
        }

        string container = attachment.Ports!.Container;
        (ObjectKey, string) workload = (new ObjectKey(attachment.Workload!.Namespace, attachment.Workload.Name), attachment.Workload.Kind.Name);
        if (attachment.Spec.Type == AttachmentType.Replace)
        {
            if ((_workloads.GetValueOrDefault(workload) ?? pods.Select(pod => _containers.GetValueOrDefault((pod.Uid, container))).FirstOrDefault(found => found is not null))
                is { } other)
            {
                return (other, null);
            }

            _workloads[workload] = attachment;
        }

        foreach (Replica pod in pods)
        {
            _containers.TryAdd((pod.Uid, container), attachment);
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
