using System.Net;
using Landline.Daemon.Connections;

namespace Landline.Daemon.NetHelper;

/// <summary>
/// How a user lets the cluster and a route of this machine live side by side. A route inside the cluster's subnet can be
/// kept. One that is wider cannot be kept out of the subnet: there the cluster must be given its part by name.
/// </summary>
internal static class OverlapAdvice
{
    /// <param name="routed">What was to go through the device.</param>
    /// <param name="subnet">The one of them that was refused.</param>
    /// <param name="existing">The machine's route.</param>
    /// <returns>A clause with the flags, such as <c>Keep that route with --never-proxy 10.96.64.0/18</c>.</returns>
    public static string Of(RouteSettings routed, IPNetwork subnet, IPNetwork existing) =>
        existing.PrefixLength >= subnet.PrefixLength
            ? $"Keep that route with --never-proxy {existing}"
            : $"Give the cluster its part of that route with {string.Join(' ', Parts(routed, existing).Select(part => $"--also-proxy {part}"))}";

    // All that collide with the same route, or the user would be told of one after the other. What is protected is put
    // back first: the hole for the API server cuts a subnet into as many pieces as its prefix allows.
    private static IEnumerable<IPNetwork> Parts(RouteSettings routed, IPNetwork existing)
    {
        IPNetwork[] colliding = [.. routed.Subnets.Where(subnet => IsPart(subnet, existing) && !routed.MayTakeOver.Any(given => given.Covers(subnet)))];
        IEnumerable<IPNetwork> holes = routed.ProtectedAddresses.Select(SubnetArithmetic.Single).Where(hole => IsPart(hole, existing));
        return SubnetArithmetic.Simplify(colliding.Concat(holes))
            .Where(part => part.PrefixLength > existing.PrefixLength && colliding.Any(subnet => part.Covers(subnet)));
    }

    private static bool IsPart(IPNetwork subnet, IPNetwork existing) =>
        existing.Covers(subnet) && existing.PrefixLength < subnet.PrefixLength;
}
