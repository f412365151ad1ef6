using System.Net;

namespace Landline.Daemon.Connections;

/// <summary>
/// Decides what is routed into the cluster. Of the subnets that the cluster has, that <c>--also-proxy</c> adds and that
/// <c>--never-proxy</c> takes away, the more specific one decides about an address, and <c>--never-proxy</c> where
/// they are the same. Neighbours of the cluster's, such as its nodes' shares of the pods' range, count as the one subnet
/// that they are together, because that is what users see and name. The API server is never routed: the session itself
/// runs through it.
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
        var routed = SubnetArithmetic.Simplify(cluster).Concat(alsoProxy)
            .SelectMany(subnet => subnet.WithoutAll(holes.Where(hole => subnet.Covers(hole))))
            .SelectMany(subnet => subnet.WithoutAll(forbidden));
        return SubnetArithmetic.Simplify(routed);
    }
}
