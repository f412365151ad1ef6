using System.Net.Sockets;
using System.Security.Cryptography;
using Landline.Protocol.Relays;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol.Relays;

public sealed class SocketRelayTests
{
    [Fact]
    public async Task Bytes_and_half_closes_pass_both_ways()
    {
        await using var relay = await RelayedConnection.StartAsync(CancellationToken.None);

        await relay.Caller.SendAsync("question"u8.ToArray(), Deadline.Token);
        relay.Caller.Shutdown(SocketShutdown.Send);

        Assert.Equal("question", await relay.Target.ReadToEndAsync());
        await relay.Target.SendAsync("answer"u8.ToArray(), Deadline.Token);
        relay.Target.Shutdown(SocketShutdown.Send);
        Assert.Equal("answer", await relay.Caller.ReadToEndAsync());
        Assert.Null(await relay.Ended);
    }

    [Fact]
    public async Task The_target_may_end_first()
    {
        await using var relay = await RelayedConnection.StartAsync(CancellationToken.None);

        await relay.Target.SendAsync("greeting"u8.ToArray(), Deadline.Token);
        relay.Target.Shutdown(SocketShutdown.Send);

        Assert.Equal("greeting", await relay.Caller.ReadToEndAsync());
        await relay.Caller.SendAsync("late"u8.ToArray(), Deadline.Token);
        relay.Caller.Shutdown(SocketShutdown.Send);
        Assert.Equal("late", await relay.Target.ReadToEndAsync());
        Assert.Null(await relay.Ended);
    }

    [Fact]
    public async Task A_reset_arrives_as_a_reset()
    {
        await using var relay = await RelayedConnection.StartAsync(CancellationToken.None);

        relay.Caller.LingerState = new LingerOption(true, 0);
        relay.Caller.Dispose();

        var error = await Assert.ThrowsAsync<SocketException>(() => relay.Target.ReadToEndAsync());
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        Assert.Equal(StreamEndCode.Reset, (await relay.Ended)?.Code);
    }

    [Fact]
    public async Task A_reset_behind_unread_bytes_arrives_too()
    {
        await using var relay = await RelayedConnection.StartAsync(CancellationToken.None);

        await relay.Target.SendAsync(new byte[300_000], Deadline.Token);
        relay.Target.LingerState = new LingerOption(true, 0);
        relay.Target.Dispose();

        Assert.NotNull(await relay.Ended);
        await Assert.ThrowsAsync<SocketException>(() => relay.Caller.ReadToEndAsync());
    }

    [Fact]
    public async Task A_reset_is_not_held_up_by_a_process_that_does_not_read()
    {
        await using var relay = await RelayedConnection.StartAsync(CancellationToken.None, smallBuffers: true);
        await relay.Target.SendAsync(new byte[400_000], Deadline.Token);
        CancellationToken deadline = Deadline.Token;
        while (relay.Caller.Available == 0)
        {
            deadline.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        relay.Target.LingerState = new LingerOption(true, 0);
        relay.Target.Dispose();

        Assert.NotNull(await relay.Ended);
    }

    [Fact]
    public async Task A_large_transfer_both_ways_at_once_is_exact()
    {
        await using var relay = await RelayedConnection.StartAsync(CancellationToken.None);
        byte[] there = RandomNumberGenerator.GetBytes(20_000_001);
        byte[] back = RandomNumberGenerator.GetBytes(10_000_003);

        Task sending = Task.WhenAll(SendAllAsync(relay.Caller, there), SendAllAsync(relay.Target, back));
        Task<byte[]> received = relay.Target.ReadBytesToEndAsync();
        Task<byte[]> receivedBack = relay.Caller.ReadBytesToEndAsync();

        await sending;
        Assert.Equal(there, await received);
        Assert.Equal(back, await receivedBack);
        Assert.Null(await relay.Ended);

        static async Task SendAllAsync(Socket socket, byte[] bytes)
        {
            for (int sent = 0; sent < bytes.Length;)
            {
                sent += await socket.SendAsync(bytes.AsMemory(sent), Deadline.Token);
            }

            socket.Shutdown(SocketShutdown.Send);
        }
    }

    [Fact]
    public async Task Losing_the_session_resets_the_socket()
    {
        await using var relay = await RelayedConnection.StartAsync(CancellationToken.None);

        await relay.Sessions.Near.DisposeAsync();

        await Assert.ThrowsAsync<SocketException>(() => relay.Caller.ReadToEndAsync());
        await Assert.ThrowsAsync<SocketException>(() => relay.Target.ReadToEndAsync());
        Assert.Equal(StreamEndCode.SessionLost, (await relay.Ended)?.Code);
    }

    [Fact]
    public async Task Canceling_resets_the_socket()
    {
        using var stop = new CancellationTokenSource();
        await using var relay = await RelayedConnection.StartAsync(stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAsync<SocketException>(() => relay.Caller.ReadToEndAsync());
        Assert.Equal(StreamEndCode.Canceled, (await relay.Ended)?.Code);
    }
}
