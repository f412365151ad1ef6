using System.Net;
using Landline.Cluster.Manager;

namespace Landline.Tests.Cluster.Manager;

public sealed class ManagerOptionsTests
{
    [Fact]
    public void A_pods_environment_and_flags_are_read_and_flags_win()
    {
        var environment = new Dictionary<string, string>
        {
            ["POD_NAMESPACE"] = "tools",
            ["POD_NAME"] = "landline-manager-1",
            ["POD_IPS"] = "10.244.1.7,fd00::7",
            ["LANDLINE_DENIED_SUBNETS"] = "203.0.113.0/24, 2001:db8::/32",
        };

        ManagerOptions options = ManagerOptions.Parse(
            ["--namespace", "other", "--listen", "127.0.0.1:0", "--log", "json"], environment.GetValueOrDefault);

        Assert.Equal("other", options.Namespace);
        Assert.Equal("landline-manager-1", options.PodName);
        Assert.Equal([IPAddress.Parse("10.244.1.7"), IPAddress.Parse("fd00::7")], options.PodAddresses);
        Assert.Equal([IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("2001:db8::/32")], options.DeniedSubnets);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 0), options.Listen);
        Assert.True(options.JsonLog);
    }

    [Theory]
    [InlineData("--nonsense", "x", "There is no option --nonsense.")]
    [InlineData("--listen", "here", "--listen cannot be 'here'.")]
    [InlineData("--log-level", "loud", "--log-level cannot be 'loud'.")]
    [InlineData("--denied-subnets", "203.0.113.0", "--denied-subnets cannot be '203.0.113.0'.")]
    [InlineData("--log", "xml", "--log cannot be 'xml'.")]
    public void A_wrong_flag_is_named(string flag, string value, string expected) => Assert.Equal(
        expected, Assert.Throws<FormatException>(() => ManagerOptions.Parse([flag, value], static _ => null)).Message);

    [Fact]
    public void A_flag_without_its_value_is_named() => Assert.Equal(
        "--namespace needs a value.",
        Assert.Throws<FormatException>(() => ManagerOptions.Parse(["--namespace"], static _ => null)).Message);
}
