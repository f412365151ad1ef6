using System.Net;

namespace Landline.Daemon.Connections;

/// <summary>
/// Decides what is routed into the cluster. Of the subnets that the cluster has, that <c>--also-proxy</c> adds and that
/// <c>--never-proxy</c> takes away, the more specific one decides about an address, and <c>--never-proxy</c> where
/// they are the same. The API server is never routed: the session itself runs through it.
/// </summary>
internal static class SubnetPlan
{
    public static IReadOnlyList<IPNetwork> Routed(
        IEnumerable<IPNetwork> cluster,
        IEnumerable<IPNetwork> alsoProxy,
        IEnumerable<IPNetwork> neverProxy,
        IEnumerable<IPAddress> neverRouted)
    {
        var holes = neverProxy.ToArray();
        var forbidden = neverRouted.Select(SubnetArithmetic.Single).ToArray();
        var routed = cluster.Concat(alsoProxy)
            .SelectMany(subnet => WithoutAll(subnet, holes.Where(hole => subnet.Covers(hole))))
            .SelectMany(subnet => WithoutAll(subnet, forbidden));
        return SubnetArithmetic.Simplify(routed);
    }

    private static IEnumerable<IPNetwork> WithoutAll(IPNetwork subnet, IEnumerable<IPNetwork> holes) =>
        holes.Aggregate(
            (IEnumerable<IPNetwork>)[subnet], (parts, hole) => parts.SelectMany(part => part.Without(hole)).ToArray());
}
