using System.Net.Sockets;
using System.Security.Cryptography;
using Landline.Protocol.Links;
using Landline.Protocol.Loops;
using Landline.TestSupport;
using Landline.Tests.Protocol.Loops;

namespace Landline.Tests.Protocol.Links;

public sealed class SocketLinkTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_written_is_read_and_a_full_connection_is_waited_for(bool inline)
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        await using var near = new SocketLink(sockets.Near, EventLoop.Main, TimeProvider.System) { RunsInline = inline };
        await using var far = new SocketLink(sockets.Far, EventLoop.Main, TimeProvider.System) { RunsInline = inline };
        byte[] bytes = RandomNumberGenerator.GetBytes(30_000_001);

        ValueTask writing = near.WriteAsync(bytes, Deadline.Token);
        Assert.False(writing.IsCompleted);
        byte[] read = new byte[bytes.Length];
        await far.ReadExactlyAsync(read, Deadline.Token).OffLoop();
        await writing.OffLoop();

        Assert.Equal(bytes, read);
    }

    [Fact]
    public async Task An_end_that_comes_with_the_last_bytes_is_not_lost()
    {
        for (int i = 0; i < 100; i++)
        {
            using SocketPair sockets = await SocketPair.ConnectAsync();
            await using var link = new SocketLink(sockets.Near, EventLoop.Main, TimeProvider.System) { RunsInline = true };
            Task<int> pending = link.ReadAsync(new byte[64], Deadline.Token).AsTask();

            await sockets.Far.SendAsync("last"u8.ToArray(), Deadline.Token);
            sockets.Far.Shutdown(SocketShutdown.Send);

            Assert.Equal(4, await pending.OffLoop());
            Assert.Equal(0, await link.ReadAsync(new byte[64], Deadline.Token).AsTask().OffLoop());
        }
    }

    [Fact]
    public async Task An_empty_read_waits_for_bytes_and_takes_none()
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        await using var link = new SocketLink(sockets.Near, EventLoop.Main, TimeProvider.System);
        Task<int> empty = link.ReadAsync(Memory<byte>.Empty, Deadline.Token).AsTask();
        Assert.False(empty.IsCompleted);

        await sockets.Far.SendAsync("abc"u8.ToArray(), Deadline.Token);

        Assert.Equal(0, await empty);
        Assert.Equal(3, await link.ReadAsync(new byte[64], Deadline.Token));
    }

    [Fact]
    public async Task Canceling_ends_a_read_and_the_link_goes_on()
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        await using var link = new SocketLink(sockets.Near, EventLoop.Main, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        Task<int> pending = link.ReadAsync(new byte[64], stop.Token).AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending.WaitAsync(Deadline.Token));
        await sockets.Far.SendAsync("abc"u8.ToArray(), Deadline.Token);
        Assert.Equal(3, await link.ReadAsync(new byte[64], Deadline.Token));
    }

    [Fact]
    public async Task Disposing_ends_a_pending_read_and_a_pending_write()
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        var link = new SocketLink(sockets.Near, EventLoop.Main, TimeProvider.System) { RunsInline = true };
        Task<int> reading = link.ReadAsync(new byte[64], Deadline.Token).AsTask();
        Task writing = link.WriteAsync(new byte[30_000_000], Deadline.Token).AsTask();

        await link.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading.OffLoop().WaitAsync(Deadline.Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writing.OffLoop().WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task A_reset_ends_a_pending_read_with_an_error()
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        await using var link = new SocketLink(sockets.Near, EventLoop.Main, TimeProvider.System);
        Task<int> reading = link.ReadAsync(new byte[64], Deadline.Token).AsTask();

        sockets.Far.LingerState = new LingerOption(enable: true, seconds: 0);
        sockets.Far.Dispose();

        await Assert.ThrowsAsync<SocketException>(() => reading.OffLoop().WaitAsync(Deadline.Token));
    }
}
