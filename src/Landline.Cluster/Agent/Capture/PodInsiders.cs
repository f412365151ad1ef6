using System.Net;
using Landline.Cluster.Agent.Containers;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// Callers that are never the workstation's: the kubelet, known by its address, and processes of the attached containers
/// themselves, as exec probes are. The pod's task tells who they are now; connections ask at any time.
/// </summary>
internal sealed class PodInsiders(ConnectionOwner owners)
{
    private volatile Known? _known;

    /// <summary>What the kubelet asks the pod's containers by HTTP under a name of its owner's choice.</summary>
    public IReadOnlyList<NamedProbe> Probes => _known?.Pod.Probes ?? [];

    /// <param name="process">A process of the pod.</param>
    /// <param name="pods">The pod as each of its attachments has it: they differ in the container.</param>
    public void Set(ContainerProcess process, IReadOnlyList<AgentPod> pods)
    {
        if (_known is not { } known || known.Process != process || !known.Pods.SequenceEqual(pods))
        {
            _known = new Known(
                process,
                pods,
                [.. pods.Select(static pod => pod.ContainerId).Distinct(StringComparer.Ordinal)],
                [.. pods[0].Addresses.Select(static text => IPAddress.TryParse(text, out IPAddress? address) ? address : IPAddress.None)],
                ProbeSources.Of(pods[0], process));
        }
    }

    public bool MayProbe(IPAddress source) => _known?.ProbeSources.Contains(source) == true;

    /// <summary>Whether a process of an attached container has sent this to its own pod.</summary>
    /// <param name="destination">Before any redirect.</param>
    public bool IsOwn(PortProtocol protocol, IPEndPoint source, IPEndPoint destination) =>
        _known is { } known
        && (IPAddress.IsLoopback(source.Address) || known.Addresses.Contains(source.Address))
        && owners.IsOneOf(known.ContainerIds, known.Process, protocol, source, destination);

    private sealed record Known(
        ContainerProcess Process,
        IReadOnlyList<AgentPod> Pods,
        string[] ContainerIds,
        HashSet<IPAddress> Addresses,
        IReadOnlySet<IPAddress> ProbeSources)
    {
        public AgentPod Pod => Pods[0];
    }
}
