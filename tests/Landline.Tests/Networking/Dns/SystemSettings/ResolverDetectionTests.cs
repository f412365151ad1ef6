using System.Net;
using Landline.Networking.Dns.SystemSettings;

namespace Landline.Tests.Networking.Dns.SystemSettings;

public sealed class ResolverDetectionTests
{
    [Theory]
    [InlineData("nameserver 127.0.0.53\noptions edns0\n", null, true)]
    [InlineData("nameserver 127.0.0.53\n", "/run/systemd/resolve/stub-resolv.conf", true)]
    [InlineData("nameserver 192.0.2.1\n", "/run/systemd/resolve/resolv.conf", true)]
    [InlineData("nameserver 192.0.2.1\n", null, false)]
    [InlineData("nameserver 127.0.0.53\nnameserver 192.0.2.1\n", null, false)]
    [InlineData("nameserver 192.0.2.1\n", "/run/NetworkManager/resolv.conf", false)]
    [InlineData("", null, false)]
    [InlineData(null, null, false)]
    public void Resolved_is_used_where_programs_ask_it(string? text, string? linkTarget, bool expected) =>
        Assert.Equal(expected, ResolverDetection.PointsToResolved(text, linkTarget));

    [Fact]
    public void Resolved_searches_the_search_domains_and_routes_the_others_up_to_its_limit()
    {
        var request = new ResolverRequest(
            "c", "landline0", IPAddress.Loopback, ["default.svc.cluster.local", "cluster.local"],
            ["cluster.local", "svc", .. Enumerable.Range(0, 300).Select(number => $"n{number}")]);

        IReadOnlyList<string> domains = ResolvedSettings.Domains(request);

        Assert.Equal(["default.svc.cluster.local", "cluster.local", "~svc", "~n0"], domains.Take(4));
        Assert.Equal(256, domains.Count);
    }
}
