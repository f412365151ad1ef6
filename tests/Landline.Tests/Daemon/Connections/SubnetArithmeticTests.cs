using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Landline.Daemon.Connections;

namespace Landline.Tests.Daemon.Connections;

public sealed class SubnetArithmeticTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.0/24", true)]
    [InlineData("10.1.2.0/24", "10.0.0.0/8", true)]
    [InlineData("10.1.2.0/24", "10.1.2.0/24", true)]
    [InlineData("10.1.2.0/24", "10.1.3.0/24", false)]
    [InlineData("0.0.0.0/0", "192.0.2.1/32", true)]
    [InlineData("fd00::/8", "fd00:1::/32", true)]
    [InlineData("::/0", "10.0.0.0/8", false)]
    public void Two_subnets_overlap_when_one_lies_in_the_other(string one, string other, bool expected) =>
        Assert.Equal(expected, IPNetwork.Parse(one).Overlaps(IPNetwork.Parse(other)));

    [Fact]
    public void A_hole_leaves_the_siblings_on_the_way_to_it() =>
        Assert.Equal(
            ["10.0.0.128/25", "10.0.0.64/26", "10.0.0.0/27", "10.0.0.48/28"],
            IPNetwork.Parse("10.0.0.0/24").Without(IPNetwork.Parse("10.0.0.32/28")).Select(subnet => subnet.ToString()));

    [Fact]
    public void Nothing_remains_of_what_the_hole_covers() =>
        Assert.Empty(IPNetwork.Parse("10.1.0.0/16").Without(IPNetwork.Parse("10.0.0.0/8")));

    [Fact]
    public void A_single_address_can_be_taken_out_of_all_of_IPv6() =>
        Assert.Equal(128, IPNetwork.Parse("::/0").Without(IPNetwork.Parse("2001:db8::1/128")).Count());

    [Fact]
    public void Halves_are_joined_and_covered_subnets_dropped() =>
        Assert.Equal(
            ["10.0.0.0/23", "10.1.0.0/16", "fd00::/16"],
            Simplify("10.0.1.0/24", "10.1.0.0/16", "10.0.0.0/24", "10.1.2.0/24", "fd00:0::/17", "fd00:8000::/17"));

    [Fact]
    public void Neighbours_that_are_no_halves_of_one_subnet_stay_apart() =>
        Assert.Equal(["10.0.1.0/24", "10.0.2.0/24"], Simplify("10.0.1.0/24", "10.0.2.0/24"));

    [Fact]
    public void What_remains_and_the_hole_are_the_whole_and_share_nothing() =>
        Prop.ForAll(Subnets(), Subnets(), Addresses(), (whole, hole, address) =>
        {
            bool expected = whole.Contains(address) && !hole.Contains(address);
            Assert.Equal(expected ? 1 : 0, whole.Without(hole).Count(part => part.Contains(address)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Simplifying_changes_no_address_and_leaves_nothing_to_simplify() =>
        Prop.ForAll(Subnets().Generator.ListOf().ToArbitrary(), Addresses(), (subnets, address) =>
        {
            var simple = SubnetArithmetic.Simplify(subnets);

            Assert.Equal(subnets.Any(subnet => subnet.Contains(address)) ? 1 : 0, simple.Count(subnet => subnet.Contains(address)));
            Assert.Equal(simple, SubnetArithmetic.Simplify(simple));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Never_proxy_takes_away_what_the_clusters_subnets_are_together() => Assert.Equal(
        ["10.244.2.0/24"],
        SubnetPlan.Routed(
            [IPNetwork.Parse("10.244.0.0/24"), IPNetwork.Parse("10.244.1.0/24"), IPNetwork.Parse("10.244.2.0/24")],
            [],
            [IPNetwork.Parse("10.244.0.0/23")],
            []).Select(subnet => subnet.ToString()));

    [Theory]
    [InlineData("10.0.5.7", true)]
    [InlineData("10.0.5.8", false)]
    [InlineData("10.0.6.1", true)]
    public void An_address_that_also_proxy_names_is_routed_within_a_subnet_that_never_proxy_takes_out_of_a_wider_one(string address, bool isRouted)
    {
        IReadOnlyList<IPNetwork> routed = SubnetPlan.Routed(
            [], [IPNetwork.Parse("10.0.0.0/16"), IPNetwork.Parse("10.0.5.7/32")], [IPNetwork.Parse("10.0.5.0/24")], []);

        Assert.Equal(isRouted, routed.Any(subnet => subnet.Contains(IPAddress.Parse(address))));
    }

    // The longest prefix decides, and --never-proxy where they are the same: checked address by address.
    [Fact]
    public void The_more_specific_of_proxy_and_never_proxy_decides() =>
        Prop.ForAll(
            Subnets().Generator.ListOf().ToArbitrary(),
            Subnets().Generator.ListOf().ToArbitrary(),
            Addresses(),
            (proxied, never, address) =>
            {
                int longestProxied = SubnetArithmetic.Simplify(proxied).Where(subnet => subnet.Contains(address)).Max(subnet => (int?)subnet.PrefixLength) ?? -1;
                int longestNever = never.Where(subnet => subnet.Contains(address)).Max(subnet => (int?)subnet.PrefixLength) ?? -1;

                var routed = SubnetPlan.Routed(proxied, [], never, []);

                Assert.Equal(longestProxied > longestNever, routed.Any(subnet => subnet.Contains(address)));
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_API_server_is_never_routed() =>
        Prop.ForAll(Subnets().Generator.ListOf().ToArbitrary(), Addresses(), (proxied, server) =>
            Assert.DoesNotContain(
                SubnetPlan.Routed(proxied, [SubnetArithmetic.Single(server)], [], [server]),
                subnet => subnet.Contains(server))).QuickCheckThrowOnFailure();

    private static string[] Simplify(params string[] subnets) =>
        [.. SubnetArithmetic.Simplify(subnets.Select(IPNetwork.Parse)).Select(subnet => subnet.ToString())];

    // Addresses of 10.0.0.0/28 and of nothing else, so that subnets and addresses meet often.
    private static Arbitrary<IPNetwork> Subnets() =>
        (from address in Gen.Choose(0, 15)
         from length in Gen.Choose(27, 32)
         select Masked((byte)address, length)).ToArbitrary();

    private static Arbitrary<IPAddress> Addresses() =>
        (from address in Gen.Choose(0, 31)
         select new IPAddress([10, 0, 0, (byte)address])).ToArbitrary();

    private static IPNetwork Masked(byte last, int length) =>
        new(new IPAddress([10, 0, 0, (byte)(last & (0xFF << (32 - length)))]), length);
}
