using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Links;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Links;

public sealed class TcpLinkTests
{
    [Fact]
    public async Task A_host_that_refuses_is_told_on_a_thread_that_may_block()
    {
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)nobody.LocalEndPoint!).Port;

        var refused = await Assert.ThrowsAsync<SocketException>(() => TcpLink.ConnectAsync(new DnsEndPoint("127.0.0.1", port), Deadline.Token));

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.True(Thread.CurrentThread.IsThreadPoolThread);
    }
}
