using System.Net;
using Landline.Daemon.Connections;
using Landline.Daemon.NetHelper;
using Landline.Networking.Routes;
using Landline.Protocol.Api;

namespace Landline.Tests.Daemon.NetHelper;

/// <summary>Each hint is followed: the flags that it names go into a new request, whose plan must not collide any more.</summary>
public sealed class OverlapAdviceTests
{
    private static readonly IPAddress Server = IPAddress.Parse("10.96.0.1");
    private static readonly ConnectRequest Plain = new() { Name = "lab", Context = "lab", Namespace = "shop" };
    private static readonly ClusterMessage Cluster = new()
    {
        ServiceSubnets = ["10.96.0.0/16"],
        PodSubnets = ["10.244.0.0/24", "10.244.1.0/24", "fd00:1::/64"],
        ClusterDomain = "cluster.local",
    };

    [Theory]
    [InlineData("10.0.0.0/8", "Give the cluster its part of that route with --also-proxy 10.96.0.0/16 --also-proxy 10.244.0.0/23")]
    [InlineData("10.96.0.0/12", "Give the cluster its part of that route with --also-proxy 10.96.0.0/16")]
    [InlineData("10.244.0.0/23", "Keep that route with --never-proxy 10.244.0.0/23")]
    [InlineData("10.244.1.0/24", "Keep that route with --never-proxy 10.244.1.0/24")]
    [InlineData("10.96.64.0/18", "Keep that route with --never-proxy 10.96.64.0/18")]
    [InlineData("10.96.0.7/32", "Keep that route with --never-proxy 10.96.0.7/32")]
    [InlineData("fd00::/8", "Give the cluster its part of that route with --also-proxy fd00:1::/64")]
    public void Following_the_hint_leaves_no_overlap(string existing, string advice)
    {
        var table = new RouteTable([new MachineRoute(IPNetwork.Parse(existing), "vpn0", null)]);
        IPNetwork refused = Refused(Plain, table)!.Value;

        string given = OverlapAdvice.Of(Routes(Plain), refused, IPNetwork.Parse(existing));

        Assert.Equal(advice, given);
        Assert.Null(Refused(Following(given), table));
    }

    [Fact]
    public void A_hole_for_the_API_server_does_not_make_the_hint_longer()
    {
        var table = new RouteTable([new MachineRoute(IPNetwork.Parse("10.64.0.0/10"), "vpn0", null)]);
        IPNetwork refused = Refused(Plain, table, Server)!.Value;

        string given = OverlapAdvice.Of(Routes(Plain, Server), refused, IPNetwork.Parse("10.64.0.0/10"));

        Assert.Equal("Give the cluster its part of that route with --also-proxy 10.96.0.0/16", given);
        Assert.Null(Refused(Following(given), table, Server));
    }

    private static ConnectRequest Following(string advice)
    {
        string[] words = advice.Split(' ');
        return Plain with { AlsoProxy = After(words, "--also-proxy"), NeverProxy = After(words, "--never-proxy") };
    }

    private static string[] After(string[] words, string flag) =>
        [.. words.Zip(words.Skip(1)).Where(pair => pair.First == flag).Select(pair => pair.Second)];

    private static RouteSettings Routes(ConnectRequest request, params IPAddress[] servers)
    {
        NetworkPlan plan = NetworkPlan.Of(request, Cluster, [], servers);
        return new RouteSettings(plan.Routed, plan.MayTakeOver, plan.Protected);
    }

    // As the net helper does it.
    private static IPNetwork? Refused(ConnectRequest request, RouteTable table, params IPAddress[] servers)
    {
        RouteSettings routes = Routes(request, servers);
        return routes.Subnets.Select(subnet => (IPNetwork?)subnet).FirstOrDefault(subnet => table.FindOverlap(
            subnet!.Value, ownDevice: null, mayTakeOver: routes.MayTakeOver.Any(part => part.Covers(subnet.Value))) is not null);
    }
}
