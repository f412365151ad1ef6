using System.Net;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Dns;
using Landline.Cluster.Manager.Watching;
using Landline.Kubernetes;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>Follows nodes, pods, services and namespaces and keeps <see cref="ClusterFacts"/> true.</summary>
internal sealed class ClusterWatch
{
    /// <summary>After a change: most come in bunches.</summary>
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(200);

    /// <summary>Without a change, for what is to be forgotten.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    /// <summary>Asked again at this interval: administrators add ServiceCIDRs, and nothing else tells.</summary>
    private static readonly TimeSpan QuestionInterval = TimeSpan.FromMinutes(5);

    /// <summary>A pod's address is part of the ranges for this long after the pod has gone.</summary>
    private static readonly TimeSpan PodMemory = TimeSpan.FromMinutes(10);

    private readonly WatchedSet<Node, NodeAddresses> _nodes;
    private readonly WatchedSet<Pod, IPAddress[]> _pods;
    private readonly WatchedSet<Service, IPAddress[]> _services;
    private readonly WatchedSet<ClusterNamespace, string> _namespaces;
    private readonly ServiceRangeQuestion _question;
    private readonly ClusterFacts _facts;
    private readonly SeenAddresses _seenPods;
    private readonly KubernetesClient _client;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Signal _changed;

    public ClusterWatch(
        KubernetesClient client, ClusterFacts facts, string managerNamespace, TimeProvider timeProvider, ILogger logger)
    {
        (_client, _facts, _timeProvider, _logger) = (client, facts, timeProvider, logger);
        _question = new ServiceRangeQuestion(client, managerNamespace, logger);
        _changed = new Signal(timeProvider);
        _seenPods = new SeenAddresses(PodMemory, timeProvider);
        _nodes = new(client, ResourceTypes.Nodes, NodeAddresses.Of, timeProvider, logger);
        _pods = new(client, ResourceTypes.Pods, PodAddresses, timeProvider, logger);
        _services = new(client, ResourceTypes.Services, ServiceAddresses, timeProvider, logger);
        _namespaces = new(client, ResourceTypes.Namespaces, static item => item.Metadata.Name, timeProvider, logger);
        _nodes.Changed += (_, _, _) => _changed.Raise(); // Heartbeats are rare here since they are Leases.
        _pods.Changed += (_, before, after) => RaiseIfOther(before, after);
        _services.Changed += (_, before, after) => RaiseIfOther(before, after);
        _namespaces.Changed += (_, before, after) =>
        {
            if (before is null || after is null)
            {
                _changed.Raise();
            }
        };
    }

    /// <summary>The initial facts: what the manager's own resolver says.</summary>
    public static ClusterMessage Start(ResolverConfiguration resolver, string managerVersion) => new()
    {
        ClusterDomain = resolver.ClusterDomain,
        DnsAddress = resolver.NameServers is [var first, ..] ? first.Address.ToString() : "",
        ManagerVersion = managerVersion,
    };

    public Task RunAsync(CancellationToken cancellationToken) => Parts.RunAsync(
        [_nodes.RunAsync, _pods.RunAsync, _services.RunAsync, _namespaces.RunAsync, FindAsync], cancellationToken);

    private static IPAddress[]? PodAddresses(Pod pod) =>
        pod.Spec.HostNetwork == true || pod.Status.Phase is "Succeeded" or "Failed"
            ? null
            : Addresses(pod.Status.PodIPs.Select(static ip => ip.Ip).Append(pod.Status.PodIP));

    private static IPAddress[]? ServiceAddresses(Service service) =>
        Addresses(service.Spec.ClusterIPs.Append(service.Spec.ClusterIP));

    // "None" and nothing are no addresses.
    private static IPAddress[]? Addresses(IEnumerable<string?> texts)
    {
        IPAddress[] addresses =
        [
            .. texts.Select(static text => IPAddress.TryParse(text, out IPAddress? address) ? address : null)
                .OfType<IPAddress>().Distinct(),
        ];
        return addresses.Length > 0 ? addresses : null;
    }

    private async Task FindAsync(CancellationToken cancellationToken)
    {
        // Without the nodes, their addresses would be taken for pods'; without the right to see them, the rest must do.
        await Task.WhenAny(
            Task.WhenAll(_nodes.Synced, _pods.Synced, _services.Synced, _namespaces.Synced),
            Task.Delay(TimeSpan.FromSeconds(10), _timeProvider, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();

        IReadOnlyList<IPNetwork> saidServices = [];
        string kubernetesVersion = "";
        DateTimeOffset askAgain = DateTimeOffset.MinValue;
        while (true)
        {
            if (_timeProvider.GetUtcNow() >= askAgain)
            {
                IReadOnlyList<IPNetwork> answer = await _question.AskAsync(cancellationToken);
                saidServices = answer.Count > 0 ? answer : saidServices;
                kubernetesVersion = await ReadVersionAsync(cancellationToken) ?? kubernetesVersion;
                askAgain = _timeProvider.GetUtcNow() + QuestionInterval;
            }

            Publish(saidServices, kubernetesVersion);
            await _changed.WaitAsync(LookInterval, cancellationToken);
            await Task.Delay(QuietTime, _timeProvider, cancellationToken);
        }
    }

    private void Publish(IReadOnlyList<IPNetwork> saidServices, string kubernetesVersion)
    {
        HashSet<IPAddress> nodeAddresses = [.. _nodes.Items.SelectMany(static node => node.Value.Own)];
        _seenPods.Update(_pods.Items.SelectMany(static pod => pod.Value).Where(address => !nodeAddresses.Contains(address)));
        ClusterMessage before = _facts.Current.Message;
        ClusterMessage message = before with
        {
            ServiceSubnets = Texts(ServiceRanges.Find(
                saidServices, [.. _services.Items.SelectMany(static service => service.Value)], nodeAddresses)),
            PodSubnets = Texts(PodRanges.Find(
                [.. _nodes.Items.SelectMany(static node => node.Value.Pods)], _seenPods.All, nodeAddresses)),
            Namespaces = [.. _namespaces.Items.Select(static item => item.Value).Order(StringComparer.Ordinal)],
            KubernetesVersion = kubernetesVersion,
        };
        if (_facts.Set(message) && !(before.ServiceSubnets.SequenceEqual(message.ServiceSubnets, StringComparer.Ordinal)
            && before.PodSubnets.SequenceEqual(message.PodSubnets, StringComparer.Ordinal)))
        {
            DiscoveryLog.Found(
                _logger, string.Join(", ", message.ServiceSubnets), string.Join(", ", message.PodSubnets),
                message.ClusterDomain, message.DnsAddress);
        }
    }

    private static string[] Texts(IReadOnlyList<IPNetwork> networks) => [.. networks.Select(static network => network.ToString())];

    private async Task<string?> ReadVersionAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await _client.GetVersionAsync(cancellationToken)).GitVersion;
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            return null; // Asked again in five minutes; nothing depends on it.
        }
    }

    private void RaiseIfOther(IPAddress[]? before, IPAddress[]? after)
    {
        if (!(before ?? []).AsSpan().SequenceEqual(after ?? []))
        {
            _changed.Raise();
        }
    }
}
