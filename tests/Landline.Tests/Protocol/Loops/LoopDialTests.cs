using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Loops;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Loops;

public sealed class LoopDialTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Connects(string address)
    {
        IPAddress loopback = IPAddress.Parse(address);
        using Socket listener = Listen(loopback, backlog: 8);

        using Socket near = await LoopDial.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, EventLoop.Main, Deadline.Token).OffLoop();
        using Socket far = await listener.AcceptAsync(Deadline.Token);
        near.Send("x"u8);

        Assert.Equal(1, await far.ReceiveAsync(new byte[8], Deadline.Token));
    }

    [Fact]
    public async Task A_port_where_nobody_listens_refuses()
    {
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var target = (IPEndPoint)nobody.LocalEndPoint!;

        var refused = await Assert.ThrowsAsync<SocketException>(() => LoopDial.ConnectAsync(target, EventLoop.Main, Deadline.Token).OffLoop());

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task An_address_that_cannot_be_dialled_says_so()
    {
        // The kernel forbids TCP to a broadcast address, or has no route to it.
        var target = new IPEndPoint(IPAddress.Broadcast, 9);

        var error = await Assert.ThrowsAsync<SocketException>(() => LoopDial.ConnectAsync(target, EventLoop.Main, Deadline.Token).OffLoop());

        Assert.True(error.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.AccessDenied, $"{error.SocketErrorCode}");
    }

    [Fact]
    public async Task Each_address_of_a_host_is_tried()
    {
        using Socket listener = Listen(IPAddress.Loopback, backlog: 8);
        IPAddress[] addresses = [IPAddress.Parse("127.0.0.2"), IPAddress.IPv6Loopback, IPAddress.Loopback];
        int port = ((IPEndPoint)listener.LocalEndPoint!).Port;

        using Socket near = await LoopDial.ConnectAsync(addresses, port, EventLoop.Main, Deadline.Token);
        using Socket far = await listener.AcceptAsync(Deadline.Token);
        near.Send("x"u8);

        Assert.Equal(1, await far.ReceiveAsync(new byte[8], Deadline.Token));
        Assert.True(Thread.CurrentThread.IsThreadPoolThread);
    }

    [Fact]
    public async Task A_name_that_there_is_not_says_so()
    {
        var target = new DnsEndPoint("nowhere.invalid", 9);

        var error = await Assert.ThrowsAnyAsync<SocketException>(() => LoopDial.ConnectAsync(target, EventLoop.Main, Deadline.Token));

        Assert.True(error.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain, $"{error.SocketErrorCode}");
    }

    [Fact]
    public async Task Canceling_ends_a_dial_that_nobody_answers()
    {
        // A full queue of connections that nobody accepts: the kernel drops further SYNs.
        using Socket listener = Listen(IPAddress.Loopback, backlog: 0);
        var target = (IPEndPoint)listener.LocalEndPoint!;
        var dials = new List<Task<Socket>>();
        using var stop = new CancellationTokenSource();
        for (int i = 0; i < 8; i++)
        {
            dials.Add(LoopDial.ConnectAsync(target, EventLoop.Main, stop.Token));
        }

        await dials[0].OffLoop().WaitAsync(Deadline.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(dials).OffLoop().WaitAsync(Deadline.Token));
        foreach (Task<Socket> dial in dials.Where(static dial => dial.IsCompletedSuccessfully))
        {
            (await dial).Dispose();
        }
    }

    private static Socket Listen(IPAddress address, int backlog)
    {
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(backlog);
        return listener;
    }
}
