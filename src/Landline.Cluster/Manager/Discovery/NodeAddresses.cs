using System.Net;
using Landline.Kubernetes.Resources;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>What a node says of addresses: its own, and the ranges that it gives to pods.</summary>
internal sealed record NodeAddresses(IReadOnlyList<IPAddress> Own, IReadOnlyList<IPNetwork> Pods)
{
    public static NodeAddresses Of(Node node)
    {
        IPAddress[] own =
        [
            .. node.Status.Addresses
                .Select(static item => IPAddress.TryParse(item.Address, out IPAddress? address) ? address : null)
                .OfType<IPAddress>().Distinct(),
        ];
        var pods = new List<IPNetwork>();
        foreach (string cidr in node.Spec.PodCIDRs.Append(node.Spec.PodCIDR ?? ""))
        {
            if (Subnets.TryParse(cidr, out IPNetwork network) && !pods.Contains(network))
            {
                pods.Add(network);
            }
        }

        return new NodeAddresses(own, pods);
    }
}
