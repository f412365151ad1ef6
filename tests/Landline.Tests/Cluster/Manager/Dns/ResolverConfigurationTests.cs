using Landline.Cluster.Manager.Dns;

namespace Landline.Tests.Cluster.Manager.Dns;

public sealed class ResolverConfigurationTests
{
    [Fact]
    public void A_pods_file_tells_the_resolver_and_the_domain()
    {
        ResolverConfiguration resolver = ResolverConfiguration.Parse(
            "search landline.svc.corp.example svc.corp.example corp.example lan\nnameserver 10.96.0.10\noptions ndots:5\n");

        Assert.Equal("corp.example", resolver.ClusterDomain);
        Assert.Equal("10.96.0.10:53", Assert.Single(resolver.NameServers).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("search\nnameserver\nnameserver x\n")]
    [InlineData("# search svc.x\n;nameserver 1.1.1.1\nsearch lan example.com\n")]
    public void Without_a_clusters_search_list_the_domain_is_the_usual_one(string text)
    {
        ResolverConfiguration resolver = ResolverConfiguration.Parse(text);

        Assert.Equal("cluster.local", resolver.ClusterDomain);
        Assert.Empty(resolver.NameServers);
    }

    [Fact]
    public void No_more_name_servers_count_than_the_c_library_asks() => Assert.Equal(
        3, ResolverConfiguration.Parse(string.Concat(Enumerable.Repeat("nameserver fd00::a\n", 5))).NameServers.Count);
}
