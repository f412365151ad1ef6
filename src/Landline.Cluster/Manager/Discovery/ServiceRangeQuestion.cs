using System.Net;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>Asks the API server where services get their addresses from.</summary>
/// <param name="managerNamespace">Where the manager may ask for a Service that is never made.</param>
internal sealed class ServiceRangeQuestion(KubernetesClient client, string managerNamespace, ILogger logger)
{
    // Public addresses: no cluster gives them to services.
    private static readonly string[] OutOfRange = ["1.1.1.1", "2606:4700:4700::1111"];

    // Served as v1 since Kubernetes 1.33, as a beta since 1.31.
    private static readonly string[] ServiceCidrVersions = ["v1", "v1beta1"];

    /// <summary>Empty = the API server does not say.</summary>
    public async Task<IReadOnlyList<IPNetwork>> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<IPNetwork> served = await ReadServiceCidrsAsync(cancellationToken);
            return served.Count > 0 ? served : await ProvokeAsync(cancellationToken);
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            DiscoveryLog.ServiceRangeUnknown(logger, e.Message);
            return [];
        }
    }

    private async Task<IReadOnlyList<IPNetwork>> ReadServiceCidrsAsync(CancellationToken cancellationToken)
    {
        ResourceType<ServiceCidr> type = ResourceTypes.ServiceCidrs;
        foreach (string version in ServiceCidrVersions)
        {
            try
            {
                var served = new ResourceType<ServiceCidr>(type.Group, version, type.Plural, type.Kind, type.IsNamespaced, type.Json);
                IReadOnlyList<ServiceCidr> items = await client.ListAsync(served, null, Selector.All, cancellationToken);
                return Subnets.Aggregate(items.SelectMany(static item => item.Spec.Cidrs).SelectMany(Parse));
            }
            catch (KubernetesApiException e) when (e.IsNotFound || e.IsForbidden)
            {
                // Not served in this version of Kubernetes, or an administrator has taken the right away.
            }
        }

        return [];
    }

    private static IEnumerable<IPNetwork> Parse(string cidr) => Subnets.TryParse(cidr, out IPNetwork network) ? [network] : [];

    private async Task<IReadOnlyList<IPNetwork>> ProvokeAsync(CancellationToken cancellationToken)
    {
        var found = new List<IPNetwork>();
        foreach (string address in OutOfRange)
        {
            var service = new Service
            {
                Metadata = new() { GenerateName = "landline-range-", Namespace = managerNamespace },
                Spec = new() { ClusterIP = address, Ports = [new ServicePort { Port = 80, Protocol = "TCP" }] },
            };
            try
            {
                await client.DryRunCreateAsync(ResourceTypes.Services, managerNamespace, service, cancellationToken);

                // Older API servers look at the address only when they really hand it out. The address is in nobody's
                // range; should it be in this one's, the service goes again at once.
                Service made = await client.CreateAsync(ResourceTypes.Services, managerNamespace, service, cancellationToken);
                await client.DeleteAsync(ResourceTypes.Services, managerNamespace, made.Metadata.Name!, DeleteOptions.Default, cancellationToken);
            }
            catch (KubernetesApiException refusal) when (!refusal.IsTransient)
            {
                found.AddRange(ServiceRangeMessage.Parse(refusal.Message));
            }
        }

        return Subnets.Aggregate(found);
    }
}
