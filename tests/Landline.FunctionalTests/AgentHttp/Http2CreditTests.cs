using System.Net.Sockets;
using Landline.TestSupport;
using static Landline.FunctionalTests.AgentHttp.WrittenFrames;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>Credit that was held back, or that nobody waits to send, comes to whoever needs it to go on.</summary>
public sealed class Http2CreditTests
{
    private const int Chunk = 16 * 1024;
    private const int StreamWindow = 256 * 1024;

    /// <summary>So many full windows are more than may wait in the agent.</summary>
    private const int Streams = 24;

    private static readonly string Data = new('x', Chunk);

    private static string Get => Block((":method", "GET"), (":scheme", "http"), (":path", "/who"), (":authority", "a"));

    [Fact]
    public async Task A_server_that_was_held_back_goes_on_when_the_streams_that_nobody_read_are_reset()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goesOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.SendAsync(Frame(4, 0, 0, ""));
            for (int i = 0; i < Streams; i++)
            {
                await peer.ReadThroughAsync("/who");
            }

            int sent = await SendUntilHeldBackAsync(peer);
            held.SetResult();
            while (CreditOf(peer) - sent < Chunk && await peer.ReceiveAsync())
            {
            }

            goesOn.SetResult();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();
        int[] streams = [.. Enumerable.Range(0, Streams).Select(i => (2 * i) + 1)];

        await client.SendAsync(Preface + Frame(4, 0, 0, "\0\x04\0\0\0\0") + string.Concat(streams.Select(stream => Frame(1, 5, stream, Get))));
        await held.Task.WaitAsync(Deadline.Token);
        await client.SendAsync(string.Concat(streams.Select(stream => Frame(3, 0, stream, "\0\0\0\x08"))));

        await goesOn.Task.WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task A_client_that_reads_late_and_says_nothing_gets_everything()
    {
        const int Chunks = 2048; // More than the kernel keeps for the two connections.
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.SendAsync(Frame(4, 0, 0, ""));
            await peer.ReadThroughAsync("/who");
            await peer.SendAsync(Frame(1, 4, 1, Block((":status", "200"))));
            for (int i = 1; i <= Chunks; i++)
            {
                while (CreditOf(peer, stream: 1) < i * Chunk)
                {
                    // What the agent still has to say comes before its answer.
                    await peer.SendAsync(Frame(6, 0, 0, "the next"));
                    await peer.ReadThroughAsync("the next");
                    if (CreditOf(peer, stream: 1) >= i * Chunk)
                    {
                        break;
                    }

                    held.TrySetResult();
                    await peer.ReceiveAsync();
                }

                await peer.SendAsync(Frame(0, i == Chunks ? 1 : 0, 1, Data));
            }

            await peer.ReadToEndAsync();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(
            Preface + Frame(4, 0, 0, "\0\x04\x7f\xff\xff\xff") + Frame(8, 0, 0, "\x7f\xff\0\0") + Frame(1, 5, 1, Get));

        await held.Task.WaitAsync(Deadline.Token);
        byte[] buffer = new byte[Chunk];
        for (long read = 0; read < (long)Chunks * Chunk;)
        {
            int count = await client.Socket.ReceiveAsync(buffer, SocketFlags.None, Deadline.Token);
            Assert.NotEqual(0, count);
            read += count;
        }
    }

    /// <summary>As much as the agent takes of each stream and of all together. What it still has to say comes before its answer to a ping.</summary>
    private static async Task<int> SendUntilHeldBackAsync(RawPeer peer)
    {
        int sent = 0;
        while (true)
        {
            while (CreditOf(peer) - sent >= Chunk)
            {
                int stream = (2 * (sent / StreamWindow)) + 1;
                Assert.True(stream < 2 * Streams, "The agent keeps more than it may.");
                await peer.SendAsync((sent % StreamWindow == 0 ? Frame(1, 4, stream, Block((":status", "200"))) : "") + Frame(0, 0, stream, Data));
                sent += Chunk;
            }

            await peer.SendAsync(Frame(6, 0, 0, "the next"));
            await peer.ReadThroughAsync("the next");
            if (CreditOf(peer) - sent < Chunk)
            {
                return sent;
            }
        }
    }

    /// <summary>All that the agent has allowed so far on a stream, or on all together.</summary>
    private static long CreditOf(RawPeer peer, int stream = 0)
    {
        const int ProtocolWindow = 65_535;
        return (stream == 0 ? ProtocolWindow : StreamWindow) + Frames(peer.Received[Preface.Length..])
            .Where(frame => frame.Kind == 8 && frame.Stream == stream)
            .Sum(static frame => ((long)frame.Payload[0] << 24) + (frame.Payload[1] << 16) + (frame.Payload[2] << 8) + frame.Payload[3]);
    }
}
