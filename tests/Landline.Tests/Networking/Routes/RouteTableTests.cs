using System.Net;
using Landline.Networking.Routes;

namespace Landline.Tests.Networking.Routes;

public sealed class RouteTableTests
{
    private const string Listing = """
        [{"dst":"default","gateway":"192.0.2.1","dev":"eth0","flags":[]},
         {"dst":"0.0.0.0/1","dev":"tun0","flags":[]},
         {"dst":"10.0.0.0/8","gateway":"192.0.2.9","dev":"vpn0","table":"100","flags":[]},
         {"type":"local","dst":"192.0.2.2","dev":"eth0","table":"local","flags":[]},
         {"type":"broadcast","dst":"192.0.2.255","dev":"eth0","table":"local","flags":[]},
         {"type":"multicast","dst":"ff00::/8","dev":"eth0","table":"local","flags":[]},
         {"dst":"fe80::/64","dev":"eth0","flags":[]},
         {"type":"unreachable","dst":"172.16.0.0/12","flags":[]},
         {"dst":"fd00:1::/64","dev":"eth0","flags":[]}]
        """;

    private readonly RouteTable _table = new([.. RouteTable.Parse(Listing)]);

    [Fact]
    public void Default_routes_and_what_every_machine_has_are_left_out() => Assert.Equal(
        ["10.0.0.0/8 via 192.0.2.9 dev vpn0", "192.0.2.2/32 dev eth0", "fd00:1::/64 dev eth0"],
        _table.Routes.Select(route => route.ToString()));

    [Theory]
    [InlineData("10.96.0.0/16", null, false, "vpn0")]
    [InlineData("10.96.0.0/16", "vpn0", false, null)]
    [InlineData("10.96.0.0/16", null, true, null)]
    [InlineData("10.0.0.0/8", null, true, "vpn0")]
    [InlineData("192.0.2.0/24", null, true, null)]
    [InlineData("fd00::/16", null, false, "eth0")]
    [InlineData("11.0.0.0/8", null, false, null)]
    public void An_overlap_is_found_in_either_direction(string subnet, string? ownDevice, bool mayTakeOver, string? device) =>
        Assert.Equal(device, _table.FindOverlap(IPNetwork.Parse(subnet), ownDevice, mayTakeOver)?.Device);

    [Theory]
    [InlineData("10.0.0.0/8", "vpn0")]
    [InlineData("10.96.0.0/30", null)]
    [InlineData("192.0.2.0/30", "eth0")]
    [InlineData("192.0.2.4/30", null)]
    public void A_route_to_a_part_is_found_and_a_wider_one_is_not(string subnet, string? device) =>
        Assert.Equal(device, _table.FindWithin(IPNetwork.Parse(subnet))?.Device);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("[]")]
    public void A_machine_without_routes_has_none(string listing) => Assert.Empty(RouteTable.Parse(listing));
}
