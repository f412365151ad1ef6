using System.Net;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>Which subnets the cluster's services are in, from what the API server says and what is seen.</summary>
internal static class ServiceRanges
{
    private const int WideV4 = 16;
    private const int NarrowV4 = 24;
    private const int NarrowV6 = 112; // The usual IPv6 service range is a /108 or /112.

    /// <summary>Services get random addresses of their range, so this many parts of a /16 mean that it is all theirs.</summary>
    private const int PartsThatMeanAll = 4;

    /// <param name="said">What the API server gave; may be empty.</param>
    /// <param name="seen">Cluster IPs of services.</param>
    /// <param name="nodeAddresses">Never part of the result beyond what was said.</param>
    public static IReadOnlyList<IPNetwork> Find(
        IReadOnlyCollection<IPNetwork> said, IReadOnlyCollection<IPAddress> seen, IReadOnlyCollection<IPAddress> nodeAddresses)
    {
        IReadOnlyList<IPNetwork> known = Subnets.Aggregate(said);
        IPAddress[] outside = [.. seen.Where(address => !known.Contains(address))];
        IEnumerable<IPNetwork> narrow = outside
            .Select(static address => Subnets.Around(address, Subnets.AddressBits(address) == 32 ? NarrowV4 : NarrowV6))
            .Distinct();
        IEnumerable<IPNetwork> observed = narrow
            .GroupBy(static part => Subnets.AddressBits(part.BaseAddress) == 32 ? Subnets.Around(part.BaseAddress, WideV4) : part)
            .SelectMany(group => group.Count() >= PartsThatMeanAll ? [group.Key] : group.AsEnumerable())
            .SelectMany(part => Subnets.PartsWithout(part, outside, nodeAddresses));
        return Subnets.Aggregate(known.Concat(observed));
    }
}
