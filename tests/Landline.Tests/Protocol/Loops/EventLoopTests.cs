using System.Net.Sockets;
using Landline.Protocol.Loops;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Loops;

public sealed class EventLoopTests
{
    [Fact]
    public async Task Whoever_waits_goes_on_in_the_loops_thread()
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        using Readiness readiness = EventLoop.Main.Watch(sockets.Near.SafeHandle);
        Task<string?> waiter = WaitAsync();

        await sockets.Far.SendAsync("x"u8.ToArray(), Deadline.Token);

        Assert.Equal("event loop", await waiter.OffLoop().WaitAsync(Deadline.Token));

        async Task<string?> WaitAsync()
        {
            while (sockets.Near.Available == 0)
            {
                await readiness.WaitReadableAsync();
            }

            return Thread.CurrentThread.Name;
        }
    }

    [Fact]
    public async Task An_event_before_the_wait_is_not_lost()
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        await sockets.Far.SendAsync("x"u8.ToArray(), Deadline.Token);

        using Readiness readiness = EventLoop.Main.Watch(sockets.Near.SafeHandle);

        await readiness.WaitReadableAsync().OffLoop().WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task The_peers_end_is_remembered()
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        using Readiness readiness = EventLoop.Main.Watch(sockets.Near.SafeHandle);

        sockets.Far.Shutdown(SocketShutdown.Send);

        while (!readiness.HasHungUp)
        {
            await readiness.WaitReadableAsync().OffLoop().WaitAsync(Deadline.Token);
        }
    }

    [Fact]
    public async Task The_next_round_comes_without_an_event()
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        using Readiness readiness = EventLoop.Main.Watch(sockets.Near.SafeHandle);

        for (int round = 0; round < 1000; round++)
        {
            await readiness.NextRoundAsync().OffLoop().WaitAsync(Deadline.Token);
        }
    }

    [Fact]
    public async Task Disposing_ends_the_waits_and_later_ones_fail()
    {
        using SocketPair sockets = await SocketPair.ConnectAsync();
        Readiness readiness = EventLoop.Main.Watch(sockets.Near.SafeHandle);
        Task readable = WaitForEverAsync(readiness.WaitReadableAsync);
        Task writable = WaitForEverAsync(readiness.WaitWritableAsync);

        readiness.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => readable.OffLoop().WaitAsync(Deadline.Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writable.OffLoop().WaitAsync(Deadline.Token));

        static async Task WaitForEverAsync(Func<ValueTask> waitAsync)
        {
            while (true)
            {
                await waitAsync();
            }
        }
    }

    [Fact]
    public async Task A_descriptor_that_takes_a_closed_ones_place_has_events_of_its_own()
    {
        for (int i = 0; i < 200; i++)
        {
            using SocketPair sockets = await SocketPair.ConnectAsync();
            using Readiness near = EventLoop.Main.Watch(sockets.Near.SafeHandle);
            using Readiness far = EventLoop.Main.Watch(sockets.Far.SafeHandle);
            sockets.Near.Shutdown(SocketShutdown.Send);
            while (!far.HasHungUp)
            {
                await far.WaitReadableAsync().OffLoop().WaitAsync(Deadline.Token);
            }

            Assert.False(near.HasHungUp);
        }
    }
}
