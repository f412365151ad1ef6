using System.Collections.Frozen;
using System.Net;
using Landline.Daemon.Dns;
using Landline.Networking.Dns;

namespace Landline.Tests.Daemon.Dns;

public sealed class NameTargetTests
{
    internal static readonly ClusterNames Names = new()
    {
        ClusterDomain = "cluster.local",
        ConnectedNamespace = "shop",
        Namespaces = FrozenSet.Create("shop", "dev", "kube-system"),
        Subnets = [IPNetwork.Parse("10.96.0.0/16"), IPNetwork.Parse("fd00:96::/108")],
        AlsoProxyHosts = FrozenSet.Create("db.cloud.example.com"),
    };

    [Theory]
    [InlineData("web.shop.svc.cluster.local", NameOwner.Cluster, "web.shop.svc.cluster.local")]
    [InlineData("example.com.svc.cluster.local", NameOwner.Cluster, "example.com.svc.cluster.local")]
    [InlineData("cluster.local", NameOwner.Cluster, "cluster.local")]
    [InlineData("web.shop.svc", NameOwner.Cluster, "web.shop.svc.cluster.local")]
    [InlineData("_http._tcp.web.shop.svc", NameOwner.Cluster, "_http._tcp.web.shop.svc.cluster.local")]
    [InlineData("web.dev", NameOwner.ClusterThenUpstream, "web.dev.svc.cluster.local")]
    [InlineData("pod-0.web.dev", NameOwner.ClusterThenUpstream, "pod-0.web.dev.svc.cluster.local")]
    [InlineData("_http._tcp.web.dev", NameOwner.ClusterThenUpstream, "_http._tcp.web.dev.svc.cluster.local")]
    [InlineData("_http._tcp.web", NameOwner.ClusterThenUpstream, "_http._tcp.web.shop.svc.cluster.local")]
    [InlineData("web", NameOwner.ClusterThenUpstream, "web.shop.svc.cluster.local")]
    [InlineData("db.cloud.example.com", NameOwner.Cluster, "db.cloud.example.com")]
    [InlineData("other.cloud.example.com", NameOwner.Upstream, "other.cloud.example.com")]
    [InlineData("notcluster.local", NameOwner.Upstream, "notcluster.local")]
    [InlineData("localhost", NameOwner.Upstream, "localhost")]
    [InlineData("app.localhost", NameOwner.Upstream, "app.localhost")]
    [InlineData("", NameOwner.Upstream, "")]
    [InlineData("7.0.96.10.in-addr.arpa", NameOwner.Cluster, "7.0.96.10.in-addr.arpa")]
    [InlineData("7.0.97.10.in-addr.arpa", NameOwner.Upstream, "7.0.97.10.in-addr.arpa")]
    [InlineData("96.10.in-addr.arpa", NameOwner.Upstream, "96.10.in-addr.arpa")]
    public void A_name_goes_to_whom_it_belongs(string name, object owner, string target) =>
        Assert.Equal(new NameTarget((NameOwner)owner, target), NameTarget.Of(name, DnsRecordType.A, Names));

    [Theory]
    [InlineData(DnsRecordType.DS)]
    [InlineData(DnsRecordType.DNSKEY)]
    [InlineData(DnsRecordType.NS)]
    [InlineData(DnsRecordType.SOA)]
    public void Questions_about_zones_are_not_about_services(DnsRecordType type)
    {
        Assert.Equal(NameOwner.Upstream, NameTarget.Of("dev", type, Names).Owner);
        Assert.Equal(NameOwner.Upstream, NameTarget.Of("web.dev", type, Names).Owner);
        Assert.Equal(NameOwner.Cluster, NameTarget.Of("cluster.local", type, Names).Owner);
    }

    [Theory]
    [InlineData("web.dev.svc.cluster.local", NameOwner.Upstream, "web.dev.svc.cluster.local")]
    [InlineData("web.dev.svc", NameOwner.Upstream, "web.dev.svc")]
    [InlineData("web.dev", NameOwner.Upstream, "web.dev")]
    [InlineData("web.shop.svc", NameOwner.Cluster, "web.shop.svc.cluster.local")]
    [InlineData("svc.cluster.local", NameOwner.Cluster, "svc.cluster.local")]
    [InlineData("10-0-0-1.dev.pod.cluster.local", NameOwner.Upstream, "10-0-0-1.dev.pod.cluster.local")]
    public void With_mapped_namespaces_the_others_are_not_the_cluster_s(string name, object owner, string target)
    {
        ClusterNames mapped = Names with { Namespaces = FrozenSet.Create("shop"), OnlyTheseNamespaces = true };

        Assert.Equal(new NameTarget((NameOwner)owner, target), NameTarget.Of(name, DnsRecordType.A, mapped));
    }

    [Fact]
    public void IPv6_reverse_names_are_recognised_by_subnet()
    {
        string inside = string.Join('.', "fd00009600000000000000000000000a".Reverse()) + ".ip6.arpa";
        string outside = string.Join('.', "fd00009700000000000000000000000a".Reverse()) + ".ip6.arpa";

        Assert.Equal(NameOwner.Cluster, NameTarget.Of(inside, DnsRecordType.A, Names).Owner);
        Assert.Equal(NameOwner.Upstream, NameTarget.Of(outside, DnsRecordType.A, Names).Owner);
    }

    [Theory]
    [InlineData("10.96.0.0/16", "96.10.in-addr.arpa")]
    [InlineData("10.0.0.0/7", "10.in-addr.arpa,11.in-addr.arpa")]
    [InlineData("10.96.4.0/23", "4.96.10.in-addr.arpa,5.96.10.in-addr.arpa")]
    [InlineData("fd00:96::/32", "6.9.0.0.0.0.d.f.ip6.arpa")]
    [InlineData("fd00:96::/31", "6.9.0.0.0.0.d.f.ip6.arpa,7.9.0.0.0.0.d.f.ip6.arpa")]
    public void Reverse_zones_cover_the_subnet(string subnet, string zones) =>
        Assert.Equal(zones.Split(','), ReverseZones.Of(IPNetwork.Parse(subnet)));
}
