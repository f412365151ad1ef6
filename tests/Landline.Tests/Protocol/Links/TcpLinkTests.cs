using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Links;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Links;

public sealed class TcpLinkTests
{
    [Fact]
    public async Task Each_address_of_a_host_is_tried()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        IPAddress[] addresses = [IPAddress.Parse("127.0.0.2"), IPAddress.IPv6Loopback, IPAddress.Loopback];

        await using Stream link = await TcpLink.DialAsync(addresses, ((IPEndPoint)listener.LocalEndpoint).Port, Deadline.Token);
        using Socket accepted = await listener.AcceptSocketAsync(Deadline.Token);
        await link.WriteAsync("x"u8.ToArray(), Deadline.Token);

        Assert.Equal(1, await accepted.ReceiveAsync(new byte[8], Deadline.Token));
    }

    [Fact]
    public async Task A_host_that_refuses_is_told_on_a_thread_that_may_block()
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        var refused = await Assert.ThrowsAsync<SocketException>(() => TcpLink.ConnectAsync(new DnsEndPoint("127.0.0.1", port), Deadline.Token));

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.True(Thread.CurrentThread.IsThreadPoolThread);
    }
}
