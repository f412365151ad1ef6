using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// Which attachment has which port of which pod. The first come keeps it; a second one is let in when both are filtered
/// and no request can match both. Copies and environments take nothing away, so they claim nothing.
/// </summary>
internal sealed class PortClaims(Func<HttpMatch, HttpMatch, bool> canBothMatch)
{
    private readonly Dictionary<(string PodUid, int Port, PortProtocol Protocol), List<AttachmentState>> _claims = [];

    /// <summary>Null = it has got all that it needs; otherwise the attachment that is in its way, and the port.</summary>
    public (AttachmentState Holder, AttachedPort Port)? Claim(
        AttachmentState attachment, IReadOnlyList<AttachedPort> ports, IReadOnlyList<Replica> pods)
    {
        if (attachment.Spec.Type is not (AttachmentType.Intercept or AttachmentType.Replace))
        {
            return null;
        }

        foreach (AttachedPort port in ports)
        {
            foreach (Replica pod in pods)
            {
                if (_claims.GetValueOrDefault((pod.Uid, port.Port, port.Protocol))?.Find(holder => Collide(holder, attachment)) is { } holder)
                {
                    return (holder, port);
                }
            }
        }

        foreach ((AttachedPort port, Replica pod) in ports.SelectMany(port => pods.Select(pod => (port, pod))))
        {
            (int, PortProtocol) end = (port.Port, port.Protocol);
            if (!_claims.TryGetValue((pod.Uid, end.Item1, end.Item2), out List<AttachmentState>? holders))
            {
                _claims[(pod.Uid, end.Item1, end.Item2)] = holders = [];
            }

            holders.Add(attachment);
        }

        return null;
    }

    private bool Collide(AttachmentState holder, AttachmentState attachment) =>
        holder.Spec.Http is not { } first || attachment.Spec.Http is not { } second || canBothMatch(first, second);
}
