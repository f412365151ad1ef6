using System.Text;
using Landline.TestSupport;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using static Landline.FunctionalTests.AgentHttp.WrittenFrames;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>Frames written by hand: what a client or a server may send and what it may not.</summary>
public sealed class Http2FrameTests
{
    /// <summary>Each is an error of the connection (RFC 9113), with its code.</summary>
    public static TheoryData<string, int> Wrong => new()
    {
        { Preface + Frame(6, 0, 0, "12345678"), 1 },
        { Preface + "garbage that is no frame at all, and long", 6 },
        { Hello + Frame(0, 0, 0, "data"), 1 },
        { Hello + Frame(0, 0, 1, "data"), 1 },
        { Hello + Frame(1, 4, 2, Get), 1 },
        { Hello + Frame(1, 4, 0, Get), 1 },
        { Hello + Frame(1, 0, 1, Get) + Frame(6, 0, 0, "12345678"), 1 },
        { Hello + Frame(1, 0, 1, Get) + Frame(9, 4, 3, ""), 1 },
        { Hello + Frame(9, 4, 1, Get), 1 },
        { Hello + Frame(1, 0xc, 1, "\xff" + Get), 1 },
        { Hello + Frame(1, 4, 1, "\xff\xff\xff\xff\xff\xff"), 9 },
        { Hello + Frame(1, 4, 1, "\x80"), 9 },
        { Hello + Frame(1, 4, 1, "\x40\x05" + "ab"), 9 },
        { Hello + Frame(1, 4, 1, "\x3f\xff\xff\x7f"), 9 },
        { Hello + Frame(3, 0, 0, "1234"), 6 },
        { Hello + Frame(4, 0, 0, "12345"), 6 },
        { Hello + Frame(4, 0, 1, ""), 6 },
        { Hello + Frame(4, 1, 0, "123456"), 6 },
        { Hello + Frame(4, 0, 0, "\0\x04\xff\xff\xff\xff"), 3 },
        { Hello + Frame(4, 0, 0, "\0\x05\0\0\0\x01"), 1 },
        { Hello + Frame(5, 4, 1, "\0\0\0\x02"), 1 },
        { Hello + Frame(6, 0, 0, "1234"), 6 },
        { Hello + Frame(7, 0, 0, "1234"), 6 },
        { Hello + Frame(8, 0, 0, "\0\0\0\0"), 1 },
        { Hello + Frame(8, 0, 0, "\x7f\xff\xff\xff"), 3 },
        { Hello + Frame(8, 0, 1, "\0\0\0\x01"), 1 },
        { Hello + "\0\x40\x01\0\0\0\0\0\x01", 6 },
        { Hello + Frame(1, 0, 1, "") + string.Concat(Enumerable.Repeat(Frame(9, 0, 1, ""), 8000)), 11 },
    };

    private static string Get => Block((":method", "GET"), (":scheme", "http"), (":path", "/who"), (":authority", "a"));

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_client_that_breaks_the_protocol_is_told_how_and_loses_its_connection(string bytes, int error)
    {
        await using KestrelServer original = await KestrelServer.StartAsync("original", HttpProtocols.Http2);
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(bytes);
        string received = await ReadToResetAsync(client);

        string goAway = Frames(received).Last(frame => frame.Kind == 7).Payload;
        Assert.Equal(error, goAway[7]);
    }

    [Fact]
    public async Task Any_garbage_behind_the_preface_ends_the_connection_and_nothing_else()
    {
        await using KestrelServer original = await KestrelServer.StartAsync("original", HttpProtocols.Http2);
        await using var router = new RouterHost(original.Port, handlerPort: null);
        var random = new Random(1);
        for (int i = 0; i < 100; i++)
        {
            using RawPeer client = await router.ConnectAsync();
            var bytes = new StringBuilder(Hello);
            for (int frame = 0; frame < 20; frame++)
            {
                byte[] payload = new byte[random.Next(40)];
                random.NextBytes(payload);
                bytes.Append(Frame(random.Next(11), random.Next(256), random.Next(6), Encoding.Latin1.GetString(payload)));
            }

            await client.SendAsync(bytes.ToString());
            client.EndWriting();
            await ReadToResetAsync(client);
        }
    }

    [Fact]
    public async Task Padding_priorities_unknown_frames_and_single_bytes_are_tolerated()
    {
        await using KestrelServer original = await KestrelServer.StartAsync("original", HttpProtocols.Http2);
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();
        string head = Block((":method", "POST"), (":scheme", "http"), (":path", "/hash"), (":authority", "a"));
        string bytes = Hello + Frame(2, 0, 3, "\0\0\0\0\x10") + Frame(0xfa, 0xff, 1, "grease")
            + Frame(1, 0x28, 1, "\x03\0\0\0\0\x10" + head[..5] + "pad") + Frame(9, 0, 1, "") + Frame(9, 4, 1, head[5..])
            + Frame(0, 8, 1, "\x05he" + "\0\0\0\0\0") + Frame(6, 0, 0, "12345678") + Frame(0, 1, 1, "llo");

        foreach (char value in bytes)
        {
            await client.SendAsync(value.ToString());
        }

        await client.ReadThroughAsync("2CF24DBA5FB0A30E26E83B2AC5B9E29E1B161E5C1FA7425E73043362938B9824");
        Assert.Contains(Frames(client.Received), frame => frame is { Kind: 6, Flags: 1, Payload: "12345678" });
    }

    [Fact]
    public async Task Fields_reach_the_target_in_their_order_with_their_values()
    {
        (string, string)[] fields =
        [
            (":method", "GET"), (":path", "/x?y=%20"), (":scheme", "http"), (":authority", "shop:80"),
            ("cookie", "b=2"), ("x-z", ""), ("cookie", "a=1"), ("te", "trailers"), ("x-\u00e9", "\u00ff\u0001"),
        ];
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.SendAsync(Frame(4, 0, 0, ""));
            await peer.ReadThroughAsync("\u00ff\u0001");
            await peer.SendAsync(Frame(1, 5, 1, Block((":status", "200"))));
            await peer.ReadToEndAsync();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Hello + Frame(1, 5, 1, Block(fields)));
        await client.ReadThroughAsync(Block((":status", "200")));

        string received = original.ReceivedByAll[Preface.Length..];
        string block = Frames(received).Single(frame => frame.Kind == 1).Payload;
        Assert.Equal("\x20" + Block(fields), block);
    }

    [Fact]
    public async Task Responses_before_the_final_one_and_trailers_after_it_are_passed_on()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.SendAsync(Frame(4, 0, 0, ""));
            await peer.ReadThroughAsync("/who");
            await peer.SendAsync(Frame(1, 4, 1, Block((":status", "103"), ("link", "x"))) + Frame(1, 4, 1, Block((":status", "200")))
                + Frame(0, 0, 1, "hello") + Frame(1, 5, 1, Block(("grpc-status", "7"))));
            await peer.ReadToEndAsync();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Hello + Frame(1, 5, 1, Get));
        await client.ReadThroughAsync(Block(("grpc-status", "7")));

        string[] kinds = [.. Frames(client.Received).Where(frame => frame.Stream == 1).Select(frame => $"{frame.Kind}/{frame.Flags}")];
        Assert.Equal(["1/4", "1/4", "0/0", "1/5"], kinds);
    }

    [Fact]
    public async Task When_the_original_goes_away_the_client_is_told_and_unseen_streams_are_refused()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.SendAsync(Frame(4, 0, 0, ""));
            await peer.ReadThroughAsync("/who");
            await peer.ReadThroughAsync("/who");
            await peer.SendAsync(Frame(7, 0, 0, "\0\0\0\x01\0\0\0\0") + Frame(1, 5, 1, Block((":status", "200"))));
            await peer.ReadToEndAsync();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();

        await client.SendAsync(Hello + Frame(1, 5, 1, Get) + Frame(1, 5, 3, Get));
        await client.ReadThroughAsync(Frame(7, 0, 0, "\0\0\0\x03\0\0\0\0"));

        Assert.Contains(Frames(client.Received), frame => frame is { Kind: 3, Stream: 3, Payload: "\0\0\0\x07" });
        Assert.Contains(Frames(client.Received), frame => frame is { Kind: 1, Stream: 1 });
    }

    [Fact]
    public async Task A_sender_that_does_not_respect_the_window_loses_its_connection()
    {
        await using var original = new LoopbackServer(async peer =>
        {
            await peer.SendAsync(Frame(4, 0, 0, "\0\x04\0\0\0\0"));
            await peer.ReadToEndAsync();
        });
        await using var router = new RouterHost(original.Port, handlerPort: null);
        using RawPeer client = await router.ConnectAsync();
        string data = Frame(0, 0, 1, new string('x', 16384));

        await client.SendAsync(Hello + Frame(1, 4, 1, Get) + string.Concat(Enumerable.Repeat(data, 17)));

        Assert.Equal(3, Frames(await ReadToResetAsync(client)).Last(frame => frame.Kind == 7).Payload[7]);
    }

    private static async Task<string> ReadToResetAsync(RawPeer client)
    {
        try
        {
            await client.ReadToEndAsync().WaitAsync(Deadline.Token);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Bytes that were not read any more turn the end into a reset.
        }

        return client.Received;
    }
}
