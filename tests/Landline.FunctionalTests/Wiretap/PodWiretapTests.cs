using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Landline.Cluster.Agent.Wiretap;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Wiretap;

public sealed class PodWiretapTests
{
    [RootFact]
    public async Task What_a_caller_sends_is_copied_with_its_address_and_ends_with_it()
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        foreach (IPAddress address in (IPAddress[])[TappedPod.Address, TappedPod.AddressV6])
        {
            using Socket server = pod.Listen(address);
            using Socket caller = await pod.CallAsync(address);
            using Socket accepted = await server.AcceptAsync(Deadline.Token);
            await caller.SendAsync("question"u8.ToArray(), Deadline.Token);
            (InboundOpen open, SessionStream copy) = await pod.CopyAsync();

            var from = (IPEndPoint)accepted.RemoteEndPoint!;
            Assert.Equal(
                new InboundOpen
                {
                    Attachment = "shop/tap",
                    Port = TappedPod.TcpPort,
                    SourceAddress = from.Address.ToString(),
                    SourcePort = from.Port,
                    Copy = true,
                },
                open);

            // The answer of the workstation goes nowhere, the original's arrives.
            await copy.WriteAsync("copy's answer"u8.ToArray(), Deadline.Token);
            await accepted.SendAsync("original's answer"u8.ToArray(), Deadline.Token);
            accepted.Shutdown(SocketShutdown.Send);
            Assert.Equal("original's answer", Encoding.ASCII.GetString(await ReadToEndAsync(caller)));

            caller.Shutdown(SocketShutdown.Send);
            Assert.Equal("question", Encoding.ASCII.GetString(await ReadToEndAsync(copy)));
            Assert.Equal("question", Encoding.ASCII.GetString(await ReadToEndAsync(accepted)));
        }
    }

    [RootFact]
    public async Task Traffic_inside_the_pod_is_copied_once()
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        using Socket server = pod.Listen(IPAddress.Any);

        foreach (IPAddress address in (IPAddress[])[IPAddress.Loopback, TappedPod.Address])
        {
            using Socket caller = await pod.Pod.ConnectAsync(new IPEndPoint(address, TappedPod.TcpPort), default, Deadline.Token);
            await caller.SendAsync("hello"u8.ToArray(), Deadline.Token);
            caller.Shutdown(SocketShutdown.Send);
            (_, SessionStream copy) = await pod.CopyAsync();
            Assert.Equal("hello", Encoding.ASCII.GetString(await ReadToEndAsync(copy)));
        }

        await pod.UntapAsync();
        Assert.Equal(2, pod.Copies);
    }

    [RootFact]
    public async Task Connections_of_the_agent_and_of_the_pod_itself_to_others_are_not_copied()
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket elsewhere = pod.Callers.Listen(new IPEndPoint(IPAddress.Any, TappedPod.TcpPort), 16, default);

        using Socket agents = await pod.Pod.ConnectAsync(
            new IPEndPoint(TappedPod.Address, TappedPod.TcpPort), new NamespaceSocketOptions(TappedPod.Mark), Deadline.Token);
        await SendAndEndAsync(agents, server, "agent's"u8.ToArray());
        using Socket pods = await pod.Pod.ConnectAsync(
            new IPEndPoint(IPAddress.Parse("10.201.0.1"), TappedPod.TcpPort), default, Deadline.Token);
        await SendAndEndAsync(pods, elsewhere, "pod's"u8.ToArray());

        // Whatever was heard before this one would have been copied before it.
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        await caller.SendAsync("caller's"u8.ToArray(), Deadline.Token);
        (_, SessionStream copy) = await pod.CopyAsync();
        await ReadExactlyAsync(copy, "caller's"u8.ToArray());
        Assert.Equal(1, pod.Copies);
    }

    [RootFact]
    public async Task A_connection_that_was_open_before_is_not_copied()
    {
        await using TappedPod pod = await TappedPod.CreateAsync();
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket before = await pod.CallAsync(TappedPod.Address);
        pod.Tap();

        await SendAndEndAsync(before, server, "before"u8.ToArray());
        using Socket after = await pod.CallAsync(TappedPod.Address);
        await after.SendAsync("after"u8.ToArray(), Deadline.Token);

        (_, SessionStream copy) = await pod.CopyAsync();
        await ReadExactlyAsync(copy, "after"u8.ToArray());
        Assert.Equal(1, pod.Copies);
    }

    [RootFact]
    public async Task An_upload_of_10_MB_arrives_byte_by_byte()
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        byte[] piece = new byte[1024 * 1024];
        var random = new Random(10);
        SessionStream? copy = null;
        for (int i = 0; i < 10; i++)
        {
            // A piece at a time fits the copy's queue, so that it does not depend on who is faster.
            random.NextBytes(piece);
            Task received = ReadExactlyAsync(accepted, piece);
            await SendAllAsync(caller, piece);
            await received;
            copy ??= (await pod.CopyAsync()).Stream;
            await ReadExactlyAsync(copy, piece);
        }

        caller.Shutdown(SocketShutdown.Send);
        Assert.Empty(await ReadToEndAsync(copy!));
    }

    [RootFact]
    public async Task A_connection_that_is_reset_gives_what_it_sent_and_ends()
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        using Socket server = pod.Listen(TappedPod.Address);
        foreach (bool byCaller in (bool[])[true, false])
        {
            using Socket caller = await pod.CallAsync(TappedPod.Address);
            using Socket accepted = await server.AcceptAsync(Deadline.Token);
            await caller.SendAsync("last words"u8.ToArray(), Deadline.Token);
            await ReadExactlyAsync(accepted, "last words"u8.ToArray());
            Socket resetting = byCaller ? caller : accepted;
            resetting.LingerState = new LingerOption(true, 0);
            resetting.Close();

            (_, SessionStream copy) = await pod.CopyAsync();
            Assert.Equal("last words", Encoding.ASCII.GetString(await ReadToEndAsync(copy)));
        }
    }

    // Each in a pod of its own: what one floods is still being heard, or lost, when the next begins.
    [RootTheory]
    [InlineData("does not read")]
    [InlineData("does not answer")]
    [InlineData("does not want it")]
    public async Task A_workstation_that_does_not_read_or_answer_or_want_it_does_not_slow_the_original(string workstation)
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        await caller.SendAsync(new byte[1], Deadline.Token);
        SessionStream copy = await pod.OfferedAsync();
        switch (workstation)
        {
            case "does not read":
                copy.Accept();
                break;
            case "does not want it":
                copy.Refuse(new StreamEnd(StreamEndCode.Unavailable, "nobody there"));
                break;
        }

        // Far more than all queues and windows on the way hold.
        byte[] all = new byte[64 * 1024 * 1024];
        Task<long> received = CountToEndAsync(accepted);
        await SendAllAsync(caller, all);
        caller.Shutdown(SocketShutdown.Send);
        Assert.Equal(all.Length + 1, await received);
        if (workstation == "does not read")
        {
            Assert.Equal(StreamEndCode.TooMany, (await copy.Completion.WaitAsync(Deadline.Token))!.Code);
        }
    }

    [RootFact]
    public async Task On_a_busy_node_a_few_packets_are_copied_later_and_a_flood_is_lost_to_the_copy_alone()
    {
        // Two processors without a break, of whose time every look takes the share of 50 ms.
        var time = new ManualTime();
        long start = time.GetTimestamp();
        TimeSpan used = TimeSpan.Zero;
        var spare = new SpareTime(
            () => new NodeTime(2 * time.GetElapsedTime(start), TimeSpan.Zero), () => used += TimeSpan.FromMilliseconds(1), time);
        await spare.TakeAsync(Deadline.Token);
        time.Advance(SpareTime.LookInterval);
        await using TappedPod pod = await TappedPod.StartAsync(spare: spare);
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        caller.NoDelay = true;
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        byte[] few = new byte[200];
        Random.Shared.NextBytes(few);
        await SendSinglyAsync(caller, accepted, few);
        (_, SessionStream copy) = await pod.CopyAsync();
        Task fewCopied = ReadExactlyAsync(copy, few);
        await GoOnUntilAsync(fewCopied);
        await fewCopied;

        // As long as no time passes a few are heard, and the kernel keeps less than half of the others.
        await SendSinglyAsync(caller, accepted, new byte[16_000]);
        Task<byte[]> copied = ReadToEndAsync(copy);
        await GoOnUntilAsync(copied);

        StreamEndedException lost = await Assert.ThrowsAsync<StreamEndedException>(() => copied);
        Assert.Contains("did not hear every packet", lost.Message, StringComparison.Ordinal);

        Task GoOnUntilAsync(Task ended) => UntilAsync(() =>
        {
            time.Advance(SpareTime.LookInterval);
            return ended.IsCompleted;
        });
    }

    [RootFact]
    public async Task Copies_that_a_busy_node_cannot_afford_rest_until_it_has_time()
    {
        var time = new ManualTime();
        TimeSpan all = TimeSpan.Zero;
        TimeSpan idle = TimeSpan.Zero;
        TimeSpan used = TimeSpan.Zero;
        var spare = new SpareTime(() => new NodeTime(all, idle), () => used, time);
        await using TappedPod pod = await TappedPod.StartAsync(spare: spare);
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        await spare.TakeAsync(Deadline.Token);
        all += TimeSpan.FromSeconds(2);
        used += TimeSpan.FromSeconds(1);
        time.Advance(TimeSpan.FromSeconds(1));

        Task<(InboundOpen Open, SessionStream Stream)> copying = pod.CopyAsync();
        await SendSinglyAsync(caller, accepted, new byte[20]);
        (_, SessionStream copy) = await copying;
        await time.AdvanceToTimerAsync(SpareTime.LookInterval, Deadline.Token);

        Assert.Equal(StreamEndCode.Failed, (await copy.Completion.WaitAsync(Deadline.Token))!.Code);
        await UntilAsync(() => pod.IsResting);
        await SendSinglyAsync(caller, accepted, new byte[20]);

        idle = all += TimeSpan.FromSeconds(4);
        await UntilAsync(() =>
        {
            time.Advance(SpareTime.LookInterval);
            return !pod.IsResting;
        });

        await SendSinglyAsync(caller, accepted, new byte[20]);
        using Socket later = await pod.CallAsync(TappedPod.Address);
        await later.SendAsync("later"u8.ToArray(), Deadline.Token);
        (_, SessionStream next) = await pod.CopyAsync();
        await ReadExactlyAsync(next, "later"u8.ToArray());
    }

    [RootFact]
    public async Task With_a_filter_only_the_requests_that_match_are_copied()
    {
        await using TappedPod pod = await TappedPod.StartAsync(
            new HttpMatch { Headers = [new HttpValueMatch { Name = "X-User", Value = "alice" }] });
        using Socket server = pod.Listen(TappedPod.Address);
        const string Hers = "POST /a HTTP/1.1\r\nHost: x\r\nX-User: alice\r\nContent-Length: 5\r\n\r\nhello";
        const string HersInChunks = "POST /b HTTP/1.1\r\nHost: x\r\nX-User: alice\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nT: 1\r\n\r\n";
        const string His = "POST /c HTTP/1.1\r\nHost: x\r\nX-User: bob\r\nContent-Length: 27\r\n\r\nX-User: alice\r\n\r\nGET / HTTP";

        using Socket garbage = await pod.CallAsync(TappedPod.Address);
        await SendAndEndAsync(garbage, server, [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        await SendAndEndAsync(caller, server, Encoding.ASCII.GetBytes(His + Hers + His + His + HersInChunks + His));

        (InboundOpen open, SessionStream copy) = await pod.CopyAsync();
        Assert.True(open.Http);
        Assert.Equal(Hers + HersInChunks, Encoding.ASCII.GetString(await ReadToEndAsync(copy)));
        Assert.Equal(1, pod.Copies);
    }

    [RootFact]
    public async Task Datagrams_are_copied_whole_by_sender()
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        foreach (IPAddress address in (IPAddress[])[TappedPod.Address, TappedPod.AddressV6])
        {
            var target = new IPEndPoint(address, TappedPod.UdpPort);
            using Socket server = pod.Pod.BindUdp(target, default);

            // The longer one crosses the wire in fragments.
            foreach (int length in (int[])[3, 0, 20_000])
            {
                byte[] datagram = new byte[length];
                Random.Shared.NextBytes(datagram);
                using Socket sender = pod.Callers.OpenSocket(address.AddressFamily, SocketType.Dgram, default);
                await sender.SendToAsync(datagram, SocketFlags.None, target, Deadline.Token);
                await sender.SendToAsync(datagram, SocketFlags.None, target, Deadline.Token);

                (InboundOpen open, SessionStream copy) = await pod.CopyAsync();
                Assert.Equal((PortProtocol.Udp, TappedPod.UdpPort), (open.Protocol, open.Port));
                Assert.Equal(((IPEndPoint)sender.LocalEndPoint!).Port, open.SourcePort);
                byte[] framed = new byte[2 + length];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)length);
                datagram.CopyTo(framed, 2);
                await ReadExactlyAsync(copy, framed);
                await ReadExactlyAsync(copy, framed);
            }
        }
    }

    [RootFact]
    public async Task The_copy_of_a_sender_ends_after_a_minute_of_silence_and_that_of_a_connection_does_not()
    {
        var time = new ManualTime();
        await using TappedPod pod = await TappedPod.StartAsync(time: time);
        var target = new IPEndPoint(TappedPod.Address, TappedPod.UdpPort);
        using Socket datagrams = pod.Pod.BindUdp(target, default);
        using Socket sender = pod.Callers.OpenSocket(AddressFamily.InterNetwork, SocketType.Dgram, default);
        await sender.ConnectAsync(target, Deadline.Token);
        await sender.SendAsync("one"u8.ToArray(), Deadline.Token);
        (_, SessionStream ofSender) = await pod.CopyAsync();
        await ReadExactlyAsync(ofSender, [0, 3, .. "one"u8]);
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        await caller.SendAsync("before"u8.ToArray(), Deadline.Token);
        (_, SessionStream ofConnection) = await pod.CopyAsync();
        await ReadExactlyAsync(ofConnection, "before"u8.ToArray());

        time.Advance(TimeSpan.FromSeconds(61));

        Assert.Empty(await ReadToEndAsync(ofSender));
        await sender.SendAsync("two"u8.ToArray(), Deadline.Token);
        (_, SessionStream next) = await pod.CopyAsync();
        await ReadExactlyAsync(next, [0, 3, .. "two"u8]);
        await caller.SendAsync(" and after"u8.ToArray(), Deadline.Token);
        await ReadExactlyAsync(ofConnection, " and after"u8.ToArray());
        Assert.Equal(3, pod.Copies);
    }

    [RootFact]
    public async Task Nothing_is_left_after_the_end()
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        await caller.SendAsync("before"u8.ToArray(), Deadline.Token);
        (_, SessionStream copy) = await pod.CopyAsync();
        using Socket second = await pod.CallAsync(TappedPod.Address);
        await second.SendAsync("never answered"u8.ToArray(), Deadline.Token);
        SessionStream pending = await pod.OfferedAsync();
        Assert.Equal(1, await pod.PacketSocketsAsync());

        await pod.UntapAsync();

        Assert.Equal(StreamEndCode.Canceled, (await copy.Completion.WaitAsync(Deadline.Token))!.Code);
        Assert.NotNull(await pending.Completion.WaitAsync(Deadline.Token));
        Assert.Equal(0, await pod.PacketSocketsAsync());
        await caller.SendAsync("and after"u8.ToArray(), Deadline.Token);
        await ReadExactlyAsync(accepted, "beforeand after"u8.ToArray());
    }

    /// <summary>Until the server has read all of it.</summary>
    private static async Task SendAndEndAsync(Socket caller, Socket server, byte[] bytes)
    {
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        await SendAllAsync(caller, bytes);
        caller.Shutdown(SocketShutdown.Send);
        Assert.Equal(bytes, await ReadToEndAsync(accepted));
    }

    /// <summary>Each byte is a packet.</summary>
    private static async Task SendSinglyAsync(Socket caller, Socket accepted, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            await caller.SendAsync(bytes.AsMemory(i, 1), Deadline.Token);
            await ReadExactlyAsync(accepted, bytes[i..(i + 1)]);
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, deadline);
        }
    }

    private static async Task SendAllAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), Deadline.Token);
        }
    }

    private static async Task<long> CountToEndAsync(Socket socket)
    {
        byte[] buffer = new byte[64 * 1024];
        long count = 0;
        for (int read; (read = await socket.ReceiveAsync(buffer, Deadline.Token)) > 0;)
        {
            count += read;
        }

        return count;
    }

    private static async Task ReadExactlyAsync(Socket socket, byte[] expected)
    {
        byte[] bytes = new byte[expected.Length];
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        await stream.ReadExactlyAsync(bytes, Deadline.Token);
        Assert.True(expected.AsSpan().SequenceEqual(bytes));
    }

    private static async Task ReadExactlyAsync(SessionStream stream, byte[] expected)
    {
        byte[] bytes = new byte[expected.Length];
        for (int read = 0, count; read < bytes.Length; read += count)
        {
            count = await stream.ReadAsync(bytes.AsMemory(read), Deadline.Token);
            Assert.NotEqual(0, count);
        }

        Assert.True(expected.AsSpan().SequenceEqual(bytes));
    }

    private static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        for (int read; (read = await socket.ReceiveAsync(buffer, Deadline.Token)) > 0;)
        {
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    private static async Task<byte[]> ReadToEndAsync(SessionStream stream)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        for (int read; (read = await stream.ReadAsync(buffer, Deadline.Token)) > 0;)
        {
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }
}
