using System.Net;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;

namespace Landline.Tests.Daemon.Connections;

public sealed class NetworkPlanTests
{
    private static readonly ConnectRequest Plain = new() { Name = "lab", Context = "lab", Namespace = "shop" };
    private static readonly ClusterMessage Cluster = new()
    {
        ServiceSubnets = ["10.96.0.0/16"],
        PodSubnets = ["10.244.1.0/24", "10.244.0.0/24"],
        ClusterDomain = "cluster.local",
        DnsAddress = "10.96.0.10",
        Namespaces = ["default", "shop"],
    };

    [Fact]
    public void Services_and_pods_are_routed_and_nothing_else() =>
        Assert.Equal(["10.96.0.0/16", "10.244.0.0/23"], Routed(Plain, []));

    [Fact]
    public void Names_of_also_proxy_are_routed_by_their_addresses_and_may_take_over_wider_routes()
    {
        NetworkPlan plan = NetworkPlan.Of(
            Plain with { AlsoProxy = ["db.example.com:5432", "cache.example.com:5432", "192.0.2.0/28"] },
            Cluster,
            [IPAddress.Parse("198.51.100.250")],
            []);

        Assert.Contains(IPNetwork.Parse("198.51.100.250/32"), plan.Routed);
        Assert.Contains(IPNetwork.Parse("192.0.2.0/28"), plan.Routed);
        Assert.Equal(["192.0.2.0/28", "198.51.100.250/32"], plan.MayTakeOver.Select(subnet => subnet.ToString()));
        Assert.Equal(["cache.example.com", "db.example.com"], plan.Names.AlsoProxyHosts.Order());
    }

    [Fact]
    public void The_API_server_is_not_routed_even_inside_a_subnet_of_the_cluster() =>
        Assert.DoesNotContain(
            Routed(Plain, [IPAddress.Parse("10.96.0.1")]),
            subnet => IPNetwork.Parse(subnet).Contains(IPAddress.Parse("10.96.0.1")));

    [Fact]
    public void Names_resolve_as_in_a_pod_of_the_connected_namespace()
    {
        NetworkPlan plan = NetworkPlan.Of(Plain, Cluster, [], []);

        Assert.Equal(["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"], plan.Names.SearchDomains);
        Assert.Equal(["default", "shop"], plan.Names.Namespaces.Order());
        Assert.False(plan.Names.OnlyTheseNamespaces);
    }

    [Fact]
    public void Mapped_namespaces_limit_the_names_and_unknown_ones_are_told()
    {
        NetworkPlan plan = NetworkPlan.Of(Plain with { MappedNamespaces = ["shop", "later"] }, Cluster, [], []);

        Assert.Equal(["shop"], plan.Names.Namespaces);
        Assert.True(plan.Names.OnlyTheseNamespaces);
        Assert.Equal(["later"], plan.UnknownNamespaces);
    }

    [Fact]
    public void A_subnet_that_this_version_cannot_read_is_left_out() =>
        Assert.Equal(
            ["10.96.0.0/16"],
            NetworkPlan.Of(Plain, Cluster with { PodSubnets = ["mac:00/8"] }, [], []).Routed.Select(subnet => subnet.ToString()));

    private static string[] Routed(ConnectRequest request, IReadOnlyList<IPAddress> protectedAddresses) =>
        [.. NetworkPlan.Of(request, Cluster, [], protectedAddresses).Routed.Select(subnet => subnet.ToString())];
}
