using Landline.Daemon.NetHelper;

namespace Landline.Tests.Daemon.NetHelper;

public sealed class RequestCheckTests
{
    private static readonly SetUpRecord Good = new()
    {
        Connection = "lab",
        DevicePrefix = "landline",
        Addresses = ["100.64.7.1/30", "fd64:7::1/126"],
        Mtu = 1500,
        TransmitQueueLength = 30000,
        Routes = new RoutesRecord { Subnets = ["10.96.0.0/16", "fd96::/108"], MayTakeOver = [], ProtectedAddresses = ["198.51.100.1"] },
        Dns = new DnsRecord { ListenAddress = "100.64.7.1", SearchDomains = ["default.svc.cluster.local"], RoutingDomains = ["cluster.local"] },
    };

    public static TheoryData<string, object> Bad() => new()
    {
        { "no connection name", Good with { Connection = "" } },
        { "no connection name", Good with { Connection = "a b" } },
        { "no connection name", Good with { Connection = "../x" } },
        { "no connection name", Good with { Connection = new string('a', 64) } },
        { "no device name", Good with { DevicePrefix = "Land" } },
        { "no device name", Good with { DevicePrefix = "-x" } },
        { "no device name", Good with { DevicePrefix = "a\nb" } },
        { "no device name", Good with { DevicePrefix = "landlinelandline" } },
        { "MTU", Good with { Mtu = 500 } },
        { "queue length", Good with { TransmitQueueLength = 0 } },
        { "one IPv4 address", Good with { Addresses = [] } },
        { "one IPv4 address", Good with { Addresses = ["100.64.7.1/30", "100.64.8.1/30"] } },
        { "more than 2", Good with { Addresses = ["100.64.7.1/30", "fd64:7::1/126", "100.64.8.1/30"] } },
        { "no address with a prefix", Good with { Addresses = ["100.64.7.1"] } },
        { "no address", Good with { Addresses = ["100.64.7/30"] } },
        { "prefix length", Good with { Addresses = ["100.64.7.1/33"] } },
        { "prefix length", Good with { Addresses = ["100.64.7.1/0"] } },
        { "cannot be a device's", Good with { Addresses = ["127.0.0.1/8"] } },
        { "too wide", Routed("0.0.0.0/0") },
        { "too wide", Routed("128.0.0.0/1") },
        { "too wide", Routed("::/0") },
        { "no subnet", Routed("10.0.0.0") },
        { "no subnet", Routed("10.0.0.0/16 dev eth0") },
        { "not for routing", Routed("127.0.0.0/8") },
        { "not for routing", Routed("224.0.0.0/8") },
        { "not for routing", Routed("239.255.0.0/16") },
        { "not for routing", Routed("255.255.255.255/32") },
        { "not for routing", Routed("fe80::/64") },
        { "would take 198.51.100.1", Routed("198.51.0.0/16") },
        { "more than 2048", Routed([.. Enumerable.Range(0, 2049).Select(number => $"10.{number / 256}.{number % 256}.0/24")]) },
        { "none of the device's addresses", Good with { Dns = Good.Dns with { ListenAddress = "192.0.2.1" } } },
        { "no domain name", Searched("a b") },
        { "no domain name", Searched("a\nnameserver 192.0.2.66") },
        { "no domain name", Searched("--option") },
        { "no domain name", Searched("a..b") },
        { "no domain name", Searched(new string('a', 64)) },
        { "no domain name", Searched("") },
        { "is null", Searched((string)null!) },
    };

    [Fact]
    public void What_is_right_is_taken_as_it_is()
    {
        NetworkSetup setup = RequestCheck.SetUp(Good);

        Assert.Equal("lab", setup.Connection);
        Assert.Equal(["100.64.7.1/30", "fd64:7::1/126"], setup.Addresses.Select(address => $"{address.Address}/{address.PrefixLength}"));
        Assert.Equal(["10.96.0.0/16", "fd96::/108"], setup.Routes.Subnets.Select(subnet => subnet.ToString()));
        Assert.Equal("100.64.7.1", setup.Dns.ListenAddress.ToString());
    }

    [Theory]
    [InlineData("240.8.0.0/14")]
    [InlineData("255.0.0.0/8")]
    public void Pods_may_have_addresses_of_class_E(string subnet) =>
        Assert.Equal([subnet], RequestCheck.SetUp(Routed(subnet)).Routes.Subnets.Select(route => route.ToString()));

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_is_not_plainly_right_is_refused_with_the_reason(string reason, object record)
    {
        var error = Assert.Throws<HelperFailureException>(() => RequestCheck.SetUp((SetUpRecord)record));

        Assert.Equal(HelperFailureCodes.Invalid, error.Failure.Code);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private static SetUpRecord Routed(params string[] subnets) => Good with { Routes = Good.Routes with { Subnets = subnets } };

    private static SetUpRecord Searched(params string[] domains) => Good with { Dns = Good.Dns with { SearchDomains = domains } };
}
