using System.Net;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>
/// Which subnets the cluster's pods are in. Nodes say what they were given; many network plug-ins give pods other
/// addresses, so what is seen counts as well, each with its neighbourhood, but never a node's own address: pods may
/// share a subnet with the nodes, and those are reached without Landline.
/// </summary>
internal static class PodRanges
{
    private const int NeighbourhoodV4 = 24;
    private const int NeighbourhoodV6 = 64;

    /// <param name="said">The nodes' podCIDRs.</param>
    /// <param name="seen">Addresses of pods in their own network namespace.</param>
    public static IReadOnlyList<IPNetwork> Find(
        IReadOnlyCollection<IPNetwork> said, IReadOnlyCollection<IPAddress> seen, IReadOnlyCollection<IPAddress> nodeAddresses)
    {
        IReadOnlyList<IPNetwork> known = Subnets.Aggregate(said);
        IPAddress[] outside = [.. seen.Where(address => !known.Contains(address))];
        IEnumerable<IPNetwork> observed = outside
            .Select(static address =>
                Subnets.Around(address, Subnets.AddressBits(address) == 32 ? NeighbourhoodV4 : NeighbourhoodV6))
            .Distinct()
            .SelectMany(neighbourhood => Subnets.PartsWithout(neighbourhood, outside, nodeAddresses));
        return Subnets.Aggregate(known.Concat(observed));
    }
}
