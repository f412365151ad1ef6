using Landline.Daemon.Connections;
using Landline.Protocol.Errors;

namespace Landline.Tests.Daemon.Connections;

public sealed class ProxyTargetTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1/32", null, null)]
    [InlineData("192.0.2.1:5432", "192.0.2.1/32", null, 5432)]
    [InlineData("192.0.2.0/24", "192.0.2.0/24", null, null)]
    [InlineData("192.0.2.7/24", "192.0.2.0/24", null, null)]
    [InlineData("192.0.2.0/24:80", "192.0.2.0/24", null, 80)]
    [InlineData("2001:db8::1", "2001:db8::1/128", null, null)]
    [InlineData("2001:db8::/32", "2001:db8::/32", null, null)]
    [InlineData("[2001:db8::1]:443", "2001:db8::1/128", null, 443)]
    [InlineData("db.example.com", null, "db.example.com", null)]
    [InlineData("DB.Example.com.:5432", null, "db.example.com", 5432)]
    [InlineData("_sip._tcp.example.com", null, "_sip._tcp.example.com", null)]
    public void Addresses_subnets_and_host_names_are_read(string text, string? subnet, string? host, int? port)
    {
        ProxyTarget target = ProxyTarget.Parse(text);

        Assert.Equal(subnet, target.Subnet?.ToString());
        Assert.Equal(host, target.HostName);
        Assert.Equal(port, target.Port);
        Assert.Equal(text, target.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.1")]
    [InlineData("10.1.2.3/33")]
    [InlineData("10.1.2.3/-1")]
    [InlineData("10.1.2.3:0")]
    [InlineData("10.1.2.3:65536")]
    [InlineData("10.1.2.300")]
    [InlineData("[2001:db8::1")]
    [InlineData("[2001:db8::1]443")]
    [InlineData("-db.example.com")]
    [InlineData("db..example.com")]
    [InlineData("db example.com")]
    [InlineData("http://db.example.com")]
    public void Nonsense_is_refused_with_an_example(string text)
    {
        Assert.False(ProxyTarget.TryParse(text, out _));

        var error = Assert.Throws<UserErrorException>(() => ProxyTarget.Parse(text));
        Assert.Equal("also-proxy-invalid", error.Code);
    }

    [Theory]
    [InlineData("manager.example.com:7070", "manager.example.com", 7070)]
    [InlineData("192.0.2.1:7070", "192.0.2.1", 7070)]
    [InlineData("[2001:db8::1]:7070", "2001:db8::1", 7070)]
    public void A_managers_address_has_a_host_and_a_port(string text, string host, int port)
    {
        Assert.True(ManagerAddress.TryParse(text, out ManagerAddress? address));
        Assert.Equal(new ManagerAddress(host, (ushort)port), address);
    }

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData(":7070")]
    [InlineData("192.0.2.1:")]
    [InlineData("2001:db8::1:7070")]
    [InlineData("a b:1")]
    public void A_managers_address_without_one_of_them_is_refused(string text) =>
        Assert.False(ManagerAddress.TryParse(text, out _));
}
