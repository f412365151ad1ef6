using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Manager.Discovery;

namespace Landline.Tests.Cluster.Manager.Discovery;

public sealed class SubnetsTests
{
    [Theory]
    [InlineData("10.244.0.0/24 10.244.1.0/24", "10.244.0.0/23")]
    [InlineData("10.244.1.0/24 10.244.2.0/24", "10.244.1.0/24 10.244.2.0/24")]
    [InlineData("10.244.3.0/24 10.244.0.0/24 10.244.2.0/24 10.244.1.0/24", "10.244.0.0/22")]
    [InlineData("10.0.0.0/8 10.1.0.0/16 10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("fd00:1::/64 fd00::/64 10.0.0.0/24", "10.0.0.0/24 fd00::/64 fd00:1::/64")]
    [InlineData("fd00::/64 fd00:0:0:1::/64", "fd00::/63")]
    [InlineData("", "")]
    public void Neighbours_become_one(string networks, string expected) =>
        Assert.Equal(expected, Text(Subnets.Aggregate(Parse(networks))));

    [Fact]
    public void Aggregating_keeps_exactly_the_same_addresses()
    {
        Arbitrary<int[][]> networks = Gen.ArrayOf(Gen.ArrayOf(Gen.Choose(0, 15), 2)).ToArbitrary();
        Prop.ForAll(networks, cases =>
        {
            // A tiny world of 16 addresses: 10.0.0.0 to 10.0.0.15.
            IPNetwork[] before = [.. cases.Select(pair => Subnets.Around(Address(pair[0]), 28 + (pair[1] % 5)))];
            IReadOnlyList<IPNetwork> after = Subnets.Aggregate(before);
            return Enumerable.Range(0, 16).All(i => before.Contains(Address(i)) == (after.Count(n => n.Contains(Address(i))) == 1));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Parts_hold_every_wanted_address_and_no_unwanted_one()
    {
        Arbitrary<int[][]> sets = Gen.ArrayOf(Gen.ArrayOf(Gen.Choose(0, 31)), 2).ToArbitrary();
        Prop.ForAll(sets, pair =>
        {
            IPAddress[] unwanted = [.. pair[1].Select(Address)];
            IPAddress[] wanted = [.. pair[0].Select(Address).Except(unwanted)];
            IPNetwork[] parts = [.. Subnets.PartsWithout(Subnets.Around(Address(0), 27), wanted, unwanted)];
            return wanted.All(address => parts.Contains(address)) && !unwanted.Any(address => parts.Contains(address));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("10.1.2.3/16", "10.1.0.0/16")]
    [InlineData("fd00::5/64", "fd00::/64")]
    [InlineData("10.1.2.3", null)]
    [InlineData("10.1.2.3/33", null)]
    [InlineData("10.1.2.3/-1", null)]
    [InlineData("/8", null)]
    [InlineData("", null)]
    public void Subnets_are_read_also_with_bits_behind_the_prefix(string text, string? expected) =>
        Assert.Equal(expected, Subnets.TryParse(text, out IPNetwork network) ? network.ToString() : null);

    internal static IPNetwork[] Parse(string networks) =>
        [.. networks.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPNetwork.Parse)];

    internal static string Text(IEnumerable<IPNetwork> networks) => string.Join(' ', networks);

    private static IPAddress Address(int last) => new([10, 0, 0, (byte)last]);
}
