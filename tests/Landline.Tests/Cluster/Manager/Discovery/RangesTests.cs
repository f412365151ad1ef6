using System.Net;
using Landline.Cluster.Manager.Discovery;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Manager.Discovery;

public sealed class RangesTests
{
    [Theory]
    [InlineData("Service \"x\" is invalid: spec.clusterIP: Invalid value: \"1.1.1.1\": provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/16", "10.96.0.0/16")]
    [InlineData("Service \"x\" is invalid: spec.clusterIPs: Invalid value: []string{\"1.1.1.1\"}: failed to allocate IP 1.1.1.1: provided IP is not in the valid range. The range of valid IPs is 10.43.0.0/16", "10.43.0.0/16")]
    [InlineData("spec.clusterIPs: Invalid value: [\"2606:4700:4700::1111\"]: failed to allocate IP: provided IP is not in the valid range. The range of valid IPs is fd00:10:96::/112", "fd00:10:96::/112")]
    [InlineData("… The range of valid IPs is 10.96.0.0/16,fd00::/108.", "10.96.0.0/16 fd00::/108")]
    [InlineData("services \"1.1.1.1/8\" is forbidden: exceeded quota", "")]
    [InlineData("failed to allocate IP 1.1.1.1: the provided network does not match the current range", "")]
    [InlineData("The range of valid IPs is 10.96.0.0/99", "")]
    [InlineData("", "")]
    public void The_api_servers_refusal_names_the_range(string message, string expected) =>
        Assert.Equal(expected, SubnetsTests.Text(ServiceRangeMessage.Parse(message)));

    [Theory]
    [InlineData("10.96.0.0/16", "10.96.0.1 10.96.200.9", "", "10.96.0.0/16")]
    [InlineData("", "10.96.0.1 10.96.0.10", "", "10.96.0.0/24")]
    [InlineData("", "10.96.0.1 10.96.9.1 10.96.77.1 10.96.200.1", "", "10.96.0.0/16")]
    [InlineData("10.96.0.0/16", "10.97.3.4", "", "10.96.0.0/16 10.97.3.0/24")]
    [InlineData("", "fd00:96::1 fd00:96::a", "", "fd00:96::/112")]
    [InlineData("", "10.0.0.1 10.0.1.1 10.0.2.1 10.0.3.1", "10.0.200.1", "10.0.0.0/17")]
    public void Services_are_where_the_api_server_says_and_where_they_are_seen(string said, string seen, string nodes, string expected) =>
        Assert.Equal(expected, SubnetsTests.Text(
            ServiceRanges.Find(SubnetsTests.Parse(said), Addresses(seen), Addresses(nodes))));

    [Theory]
    [InlineData("10.244.0.0/24 10.244.1.0/24", "10.244.0.5 10.244.1.7", "198.51.100.1", "10.244.0.0/23")]
    [InlineData("10.244.0.0/24", "192.168.7.9", "198.51.100.1", "10.244.0.0/24 192.168.7.0/24")]
    [InlineData("", "10.0.1.77 10.0.1.99", "10.0.1.5", "10.0.1.64/26")]
    [InlineData("", "10.0.1.4", "10.0.1.5", "10.0.1.4/32")]
    [InlineData("", "fd00::a:1 fd00:0:0:1::1", "", "fd00::/63")]
    [InlineData("", "", "10.0.1.5", "")]
    public void Pods_are_where_nodes_say_and_where_they_are_seen_but_never_at_a_nodes_address(
        string said, string seen, string nodes, string expected)
    {
        IReadOnlyList<IPNetwork> found = PodRanges.Find(SubnetsTests.Parse(said), Addresses(seen), Addresses(nodes));

        Assert.Equal(expected, SubnetsTests.Text(found));
        Assert.DoesNotContain(Addresses(nodes), node => found.Contains(node));
    }

    [Fact]
    public void A_pods_address_is_remembered_for_a_while_after_it_has_gone()
    {
        var time = new ManualTime();
        var seen = new SeenAddresses(TimeSpan.FromMinutes(10), time);
        seen.Update(Addresses("10.0.0.1 10.0.0.2"));
        time.Advance(TimeSpan.FromHours(1));
        seen.Update(Addresses("10.0.0.2"));
        time.Advance(TimeSpan.FromMinutes(9));
        seen.Update(Addresses("10.0.0.2"));

        Assert.Equal(2, seen.All.Count);

        time.Advance(TimeSpan.FromMinutes(1));
        seen.Update(Addresses("10.0.0.2"));

        Assert.Equal(Addresses("10.0.0.2"), seen.All);
    }

    private static IPAddress[] Addresses(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
}
