using System.Net;
using Landline.Daemon.Connections;
using Landline.Daemon.NetHelper;
using Landline.Protocol.Errors;

namespace Landline.Tests.Daemon.Connections;

public sealed class DeviceAddressesTests
{
    private static readonly string[] Nothing = [];

    [Fact]
    public void The_device_gets_addresses_that_nobody_has()
    {
        IReadOnlyList<DeviceAddress> addresses = DeviceAddresses.Choose(
            [IPNetwork.Parse("198.19.0.0/24"), IPNetwork.Parse("fd00::/16")], [IPAddress.Parse("198.19.1.2")], [], start: 0);

        Assert.Equal("fd6c:616e:646c::1/126", Text(addresses[1]));
        Assert.Equal(IPAddress.Parse("198.19.128.2"), DeviceAddresses.WithPeer(addresses[0]).Peer);
    }

    [Fact]
    public void It_has_one_of_either_version_whatever_the_cluster_has_now() => Assert.Equal(
        ["198.19.0.1/30", "fd6c:616e:646c::1/126"],
        DeviceAddresses.Choose([IPNetwork.Parse("10.96.0.0/16")], [], [], start: 0).Select(Text));

    [Theory]
    [InlineData("", "198.19.0.1/30")]
    [InlineData("100.64.0.0/13", "198.19.0.1/30")]
    [InlineData("100.64.0.0/10", "198.19.0.1/30")]
    [InlineData("198.19.0.0/16", "198.18.0.1/30")]
    [InlineData("198.18.0.0/15", "100.64.0.1/30")]
    [InlineData("198.18.0.0/15 100.64.0.0/16", "100.96.0.1/30")]
    [InlineData("198.18.0.0/15 100.64.0.0/13", "100.96.0.1/30")]
    [InlineData("198.0.0.0/8", "100.64.0.1/30")]
    public void What_the_cluster_has_is_passed_over(string routed, string address) =>
        Assert.Equal(address, Text(Choose(Split(routed), Nothing, Nothing, start: 0)));

    [Theory]
    [InlineData("198.19.0.0/16", "198.18.0.1/30")]
    [InlineData("198.18.0.0/15", "100.64.0.1/30")]
    [InlineData("196.0.0.0/6", "198.19.0.1/30")]
    [InlineData("198.19.0.0/17", "198.19.128.1/30")]
    [InlineData("198.19.0.0/17 198.19.128.7/32", "198.19.192.1/30")]
    public void A_route_of_this_machine_is_passed_over_unless_it_is_wider_than_all_ranges(string routes, string address) =>
        Assert.Equal(address, Text(Choose(Nothing, Nothing, Split(routes), start: 0)));

    [Fact]
    public void An_address_of_this_machine_is_passed_over_from_wherever_the_search_begins()
    {
        for (int start = 0; start < 100; start++)
        {
            byte[] chosen = Choose(Nothing, ["198.19.0.2", "198.19.0.5"], Nothing, start).Address.GetAddressBytes();

            Assert.False(chosen is [198, 19, 0, < 8]);
        }
    }

    [Fact]
    public void Processes_that_start_at_once_begin_at_different_places() =>
        Assert.Equal(1000, Enumerable.Range(70_000, 1000).Select(start => Text(Choose(Nothing, Nothing, Nothing, start))).Distinct().Count());

    [Fact]
    public void Ranges_that_are_taken_altogether_are_an_error_whose_hint_helps()
    {
        string[] routed = ["198.18.0.0/15", "100.64.0.0/10"];

        UserErrorException error = Assert.Throws<UserErrorException>(() => Choose(routed, Nothing, Nothing, start: 7));

        Assert.Equal("device-address-taken", error.Code);
        string hole = error.Hint.Split(' ').First(word => word.Contains('/', StringComparison.Ordinal)).TrimEnd(',');
        IReadOnlyList<IPNetwork> heeded = SubnetPlan.Routed(routed.Select(IPNetwork.Parse), [], [IPNetwork.Parse(hole)], []);
        DeviceAddress address = Choose([.. heeded.Select(subnet => subnet.ToString())], Nothing, Nothing, start: 7);
        Assert.True(IPNetwork.Parse(hole).Contains(address.Address));
    }

    [Theory]
    [InlineData("fd00::/8", "2001:2::1/126")]
    [InlineData("fd00::/8 2001::/16", null)]
    public void IPv6_ranges_that_are_taken_are_passed_over_and_no_address_of_them_is_no_failure(string routed, string? address)
    {
        IReadOnlyList<DeviceAddress> addresses = DeviceAddresses.Choose(
            [.. Split(routed).Select(IPNetwork.Parse)], [], [], start: 0);

        Assert.Equal("198.19.0.1/30", Text(addresses[0]));
        Assert.Equal(address is null ? [] : [address], addresses.Skip(1).Select(Text));
    }

    private static DeviceAddress Choose(string[] routed, string[] taken, string[] routes, int start) =>
        DeviceAddresses.Choose([.. routed.Select(IPNetwork.Parse)], taken.Select(IPAddress.Parse), routes.Select(IPNetwork.Parse), start)[0];

    private static string[] Split(string subnets) => subnets.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Text(DeviceAddress address) => $"{address.Address}/{address.PrefixLength}";
}
