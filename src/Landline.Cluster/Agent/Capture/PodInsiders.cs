using System.Net;
using Landline.Cluster.Agent.Containers;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// Callers that are never the workstation's: the kubelet, known by its address, and for each port that is taken the processes
/// of the container that it is taken from, as exec probes are. What one container of a pod asks another is a call like any
/// other, whoever is attached to it. The pod's task tells who they are now; connections ask at any time.
/// </summary>
internal sealed class PodInsiders(ConnectionOwner owners)
{
    private readonly TaskScheduler _oneAfterTheOther = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
    private volatile Known? _known;
    private volatile Dictionary<(PortProtocol Protocol, int Port), string[]> _containersOf = [];

    /// <summary>What the kubelet asks the pod's containers by HTTP under a name of its owner's choice.</summary>
    public IReadOnlyList<NamedProbe> Probes => _known?.Probes ?? [];

    /// <param name="process">A process of the pod.</param>
    /// <param name="pods">The pod as each of its attachments has it.</param>
    public void Set(ContainerProcess process, IReadOnlyList<AgentPod> pods)
    {
        if (_known is not { } known || known.Process != process || !known.Pods.SequenceEqual(pods))
        {
            _known = new Known(
                process,
                pods,
                pods[0].Probes,
                [.. pods[0].Addresses.Select(static text => IPAddress.TryParse(text, out IPAddress? address) ? address : IPAddress.None)],
                ProbeSources.Of(pods[0], process));
        }
    }

    /// <param name="attachments">Those that take the pod's traffic, each at the ports of its own container.</param>
    public void SetPorts(IReadOnlyList<AgentAttachment> attachments) => _containersOf = attachments
        .SelectMany(attachment => attachment.Ports, static (attachment, port) => (Port: (port.Protocol, port.Port), attachment.Pod.ContainerId))
        .GroupBy(static taken => taken.Port, static taken => taken.ContainerId)
        .ToDictionary(static taken => taken.Key, static taken => taken.Distinct(StringComparer.Ordinal).ToArray());

    public bool MayProbe(IPAddress source) => _known?.ProbeSources.Contains(source) == true;

    /// <summary>Whether a process of the container that this port is taken from has sent this to its own pod.</summary>
    /// <param name="destination">Before any redirect.</param>
    public async ValueTask<bool> IsOwnAsync(
        PortProtocol protocol, IPEndPoint source, IPEndPoint destination, CancellationToken cancellationToken)
    {
        if (_known is not { } known
            || !(IPAddress.IsLoopback(source.Address) || known.Addresses.Contains(source.Address))
            || !_containersOf.TryGetValue((protocol, destination.Port), out string[]? containers))
        {
            return false;
        }

        // Looking through /proc takes milliseconds, in which the loops that receive go on. One after the other, so that
        // callers in the pod, however many, take one thread and hold up nobody but each other.
        return await Task.Factory.StartNew(
            () => owners.IsOneOf(containers, known.Process, protocol, source, destination),
            cancellationToken,
            TaskCreationOptions.DenyChildAttach,
            _oneAfterTheOther);
    }

    private sealed record Known(
        ContainerProcess Process,
        IReadOnlyList<AgentPod> Pods,
        IReadOnlyList<NamedProbe> Probes,
        HashSet<IPAddress> Addresses,
        IReadOnlySet<IPAddress> ProbeSources);
}
