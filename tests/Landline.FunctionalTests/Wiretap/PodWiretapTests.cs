using System.Net;
using System.Net.Sockets;
using System.Text;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using static Landline.FunctionalTests.Wiretap.CopiedBytes;

namespace Landline.FunctionalTests.Wiretap;

/// <summary>Which of a pod's connections are copied, and that they are copied to the byte.</summary>
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
}
