using Landline.Cli.Attaching;
using Landline.Protocol.Api;

namespace Landline.Tests.Cli.Attaching;

public sealed class PortArgumentTests
{
    [Theory]
    [InlineData("8080", 8080, null, PortProtocol.Tcp)]
    [InlineData("8080:http", 8080, "http", PortProtocol.Tcp)]
    [InlineData("8080:80", 8080, "80", PortProtocol.Tcp)]
    [InlineData(":http", null, "http", PortProtocol.Tcp)]
    [InlineData("5353:dns/UDP", 5353, "dns", PortProtocol.Udp)]
    [InlineData("5353/udp", 5353, null, PortProtocol.Udp)]
    [InlineData("5353/TCP", 5353, null, PortProtocol.Tcp)]
    public void The_handlers_port_comes_first_and_the_containers_second(string text, int? local, string? identifier, PortProtocol protocol)
    {
        Assert.True(PortArgument.TryParse(text, out AttachmentPort? port));
        Assert.Equal(new AttachmentPort { WorkstationPort = local, Identifier = identifier, Protocol = protocol }, port);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("http")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("-1:80")]
    [InlineData("8080:")]
    [InlineData("8080:a:b")]
    [InlineData("8080:-a")]
    [InlineData("8080:a_b")]
    [InlineData("8080/SCTP")]
    [InlineData("8080/")]
    public void Anything_else_is_refused(string text) => Assert.False(PortArgument.TryParse(text, out _));

    [Fact]
    public void A_port_of_the_pod_is_a_number()
    {
        Assert.True(PortArgument.TryParseToPod("53/UDP", out ToPodPort? port));
        Assert.Equal(new ToPodPort(53, PortProtocol.Udp), port);
        Assert.False(PortArgument.TryParseToPod("http", out _));
    }
}
