using System.Net;
using Landline.Networking.Dns.SystemSettings;

namespace Landline.Tests.Networking.Dns.SystemSettings;

public sealed class ResolverDetectionTests
{
    private const string DnsOnly = "passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return] dns # resolve\n";
    private const string ResolveFirst = "passwd: files\nhosts:\tfiles resolve [!UNAVAIL=return] dns\n";
    private const string DnsFirst = "hosts: files dns resolve\n";

    [Theory]
    [InlineData("nameserver 127.0.0.53\noptions edns0\n", null, true)]
    [InlineData("nameserver 127.0.0.53\n", "/run/systemd/resolve/stub-resolv.conf", true)]
    [InlineData("nameserver 192.0.2.1\n", "/run/systemd/resolve/resolv.conf", false)]
    [InlineData("nameserver 192.0.2.1\n", "/run/systemd/resolve/resolv.conf", false, DnsFirst)]
    [InlineData("nameserver 192.0.2.1\n", "/run/systemd/resolve/resolv.conf", false, null)]
    [InlineData("nameserver 192.0.2.1\n", "/run/systemd/resolve/resolv.conf", true, ResolveFirst)]
    [InlineData("nameserver 192.0.2.1\n", null, false, ResolveFirst)]
    [InlineData("nameserver 192.0.2.1\n", null, false)]
    [InlineData("nameserver 127.0.0.53\nnameserver 192.0.2.1\n", null, false)]
    [InlineData("nameserver 192.0.2.1\n", "/run/NetworkManager/resolv.conf", false)]
    [InlineData("", null, false)]
    [InlineData(null, null, false)]
    public void Resolved_is_used_where_programs_ask_it(
        string? text, string? linkTarget, bool expected, string? nameServiceSwitch = DnsOnly) =>
        Assert.Equal(expected, ResolverDetection.PointsToResolved(text, linkTarget, nameServiceSwitch));

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
