using System.Collections.Frozen;
using System.Net;
using Landline.Daemon.Dns;
using Landline.Networking.Dns;
using Landline.Networking.Dns.SystemSettings;

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
        SessionHosts = FrozenSet.Create("api.k8s.example.dev", "api-server", "kubernetes.default.svc"),
    };

    [Theory]
    [InlineData("web.shop.svc.cluster.local", NameOwner.ClusterThenConnectionBelow, "web.shop.svc.cluster.local")]
    [InlineData("example.com.svc.cluster.local", NameOwner.ClusterThenConnectionBelow, "example.com.svc.cluster.local")]
    [InlineData("cluster.local", NameOwner.ClusterThenConnectionBelow, "cluster.local")]
    [InlineData("web.shop.svc", NameOwner.ClusterThenConnectionBelow, "web.shop.svc.cluster.local")]
    [InlineData("_http._tcp.web.shop.svc", NameOwner.ClusterThenConnectionBelow, "_http._tcp.web.shop.svc.cluster.local")]
    [InlineData("web.dev", NameOwner.ClusterThenUpstream, "web.dev.svc.cluster.local")]
    [InlineData("pod-0.web.dev", NameOwner.ClusterThenUpstream, "pod-0.web.dev.svc.cluster.local")]
    [InlineData("_http._tcp.web.dev", NameOwner.ClusterThenUpstream, "_http._tcp.web.dev.svc.cluster.local")]
    [InlineData("_http._tcp.web", NameOwner.ClusterThenUpstream, "_http._tcp.web.shop.svc.cluster.local")]
    [InlineData("web", NameOwner.ClusterThenUpstream, "web.shop.svc.cluster.local")]
    [InlineData("db.cloud.example.com", NameOwner.Cluster, "db.cloud.example.com")]
    [InlineData("other.cloud.example.com", NameOwner.Upstream, "other.cloud.example.com")]
    [InlineData("notcluster.local", NameOwner.Upstream, "notcluster.local")]
    [InlineData("api.k8s.example.dev", NameOwner.Upstream, "api.k8s.example.dev")]
    [InlineData("other.k8s.example.dev", NameOwner.ClusterThenUpstream, "other.k8s.example.dev.svc.cluster.local")]
    [InlineData("api-server", NameOwner.Upstream, "api-server")]
    [InlineData("kubernetes.default.svc", NameOwner.Upstream, "kubernetes.default.svc")]
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
        Assert.Equal(NameOwner.ClusterThenConnectionBelow, NameTarget.Of("cluster.local", type, Names).Owner);
    }

    [Theory]
    [InlineData("web.dev.svc.cluster.local", NameOwner.Upstream, "web.dev.svc.cluster.local")]
    [InlineData("web.dev.svc", NameOwner.Upstream, "web.dev.svc")]
    [InlineData("web.dev", NameOwner.Upstream, "web.dev")]
    [InlineData("web.shop.svc", NameOwner.ClusterThenConnectionBelow, "web.shop.svc.cluster.local")]
    [InlineData("svc.cluster.local", NameOwner.ClusterThenConnectionBelow, "svc.cluster.local")]
    [InlineData("10-0-0-1.dev.pod.cluster.local", NameOwner.Upstream, "10-0-0-1.dev.pod.cluster.local")]
    public void With_mapped_namespaces_the_others_are_not_the_cluster_s(string name, object owner, string target)
    {
        ClusterNames mapped = Names with { Namespaces = FrozenSet.Create("shop"), OnlyTheseNamespaces = true };

        Assert.Equal(new NameTarget((NameOwner)owner, target), NameTarget.Of(name, DnsRecordType.A, mapped));
    }

    [Theory]
    [InlineData("database", NameOwner.ClusterThenUpstream, "database.shop.svc.cluster.local")]
    [InlineData("database.dev", NameOwner.ClusterThenUpstream, "database.dev.svc.cluster.local")]
    [InlineData("database.dev.svc", NameOwner.Cluster, "database.dev.svc.cluster.local")]
    [InlineData("database.dev.svc.cluster.local", NameOwner.Cluster, "database.dev.svc.cluster.local")]
    [InlineData("db.example.com", NameOwner.Cluster, "db.example.com")]
    public void A_short_host_of_also_proxy_is_what_it_is_in_a_pod(string host, object owner, string target)
    {
        ClusterNames names = Names with { AlsoProxyHosts = FrozenSet.Create(host) };

        Assert.Equal(new NameTarget((NameOwner)owner, target), NameTarget.Of(host, DnsRecordType.A, names));
        Assert.Equal(target == host ? [host] : [target, host], NameTarget.SpellingsOf(host, names));
    }

    [Fact]
    public void A_resolver_that_does_not_take_all_domains_loses_names_of_other_namespaces_and_nothing_else()
    {
        ClusterNames names = Names with
        {
            Namespaces = [.. Enumerable.Range(0, 500).Select(number => $"team-{number:000}"), "shop"],
        };

        string[] taken = [.. names.RoutingDomains.Take(50)];

        Assert.Equal(["cluster.local", "svc", "shop", "db.cloud.example.com", "96.10.in-addr.arpa"], taken[..5]);
        Assert.All(taken[6..], domain => Assert.StartsWith("team-", domain, StringComparison.Ordinal));
        Assert.Equal(ResolvedSettings.MostDomains, ResolvedSettings.Domains(Request(names)).Count);
        IReadOnlyList<string> leftOut = ResolvedSettings.LeftOut(names.SearchDomains, names.RoutingDomains);
        Assert.Equal("team-499", leftOut[^1]);
        Assert.Equal(
            names.SearchDomains.Concat(names.RoutingDomains).Distinct().Count(),
            leftOut.Count + ResolvedSettings.Domains(Request(names)).Count);
        Assert.Empty(ResolvedSettings.LeftOut(Names.SearchDomains, Names.RoutingDomains));
        IReadOnlyList<string> used = ResolvedSettings.Used(names.SearchDomains, names.RoutingDomains);
        Assert.Equal(ResolvedSettings.MostDomains, names.SearchDomains.Count + used.Count);
        Assert.Empty(used.Intersect(leftOut));
    }

    private static ResolverRequest Request(ClusterNames names) =>
        new("lab", "landline0", IPAddress.Parse("198.19.0.1"), names.SearchDomains, names.RoutingDomains);

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
