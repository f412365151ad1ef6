using System.Net;
using System.Net.Sockets;
using Landline.Daemon.Attachments;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>Connections that an agent captured, at a real handler.</summary>
public sealed class InboundTests
{
    /// <summary>When Linux gives a connection up that nobody answers: six SYNs, of which each waits twice as long as the one before (tcp(7), tcp_syn_retries).</summary>
    private static readonly TimeSpan KernelGivesUp = TimeSpan.FromSeconds(127);

    [Fact]
    public async Task Bytes_go_both_ways_and_each_way_ends_by_itself()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        using TcpListener handler = Handlers.Listen();
        await scene.AttachAsync("web", handler.Port());

        (SessionStream caller, StreamEnd? refusal) = await scene.CallAsync("web");
        using Socket accepted = await handler.AcceptSocketAsync(Deadline.Token);

        Assert.Null(refusal);
        await caller.WriteAsync("ping"u8.ToArray(), Deadline.Token);
        caller.EndWriting();
        Assert.Equal("ping", await accepted.ReadToEndAsync());
        await accepted.SendAsync("pong"u8.ToArray(), Deadline.Token);
        accepted.Shutdown(SocketShutdown.Send);
        Assert.Equal("pong", await caller.ReadToEndAsync());
        Assert.Null(await caller.Completion.WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task Without_a_handler_the_agent_learns_at_once_that_the_original_must_answer()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        using Socket nobody = Handlers.Refuse();
        await scene.AttachAsync("web", nobody.Port());

        (_, StreamEnd? refusal) = await scene.CallAsync("web");

        Assert.Equal(StreamEndCode.Refused, refusal!.Code);
    }

    [Fact]
    public async Task A_handler_that_does_not_accept_is_given_up_after_a_second()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        using var handler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        handler.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        handler.Listen(0);
        var waiting = new List<Socket>();
        Fill((IPEndPoint)handler.LocalEndPoint!, waiting);
        await scene.AttachAsync("web", handler.Port());

        long begin = TimeProvider.System.GetTimestamp();
        (_, StreamEnd? refusal) = await scene.CallAsync("web");

        Assert.Equal(StreamEndCode.TimedOut, refusal!.Code);
        Assert.InRange(TimeProvider.System.GetElapsedTime(begin), TimeSpan.FromSeconds(0.9), KernelGivesUp / 2);
        waiting.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task A_handler_that_is_reached_by_a_name_is_looked_up()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        using TcpListener handler = Handlers.Listen();
        scene.Manager.Answer = _ => ManagerStandIn.Active(8080, handler.Port());
        await scene.AttachAsync(AttachmentScene.Request("web") with { Address = "localhost" });

        (SessionStream caller, StreamEnd? refusal) = await scene.CallAsync("web");
        using Socket accepted = await handler.AcceptSocketAsync(Deadline.Token);

        Assert.Null(refusal);
        caller.Reset(new StreamEnd(StreamEndCode.Reset, "The caller reset it."));
        var reset = await Assert.ThrowsAsync<SocketException>(() => accepted.ReadToEndAsync());
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    [Fact]
    public async Task After_detaching_nothing_new_comes_in_and_what_is_open_gets_a_second_to_end()
    {
        var time = new ManualTime();
        await using AttachmentScene scene = await AttachmentScene.StartAsync(time);
        using TcpListener handler = Handlers.Listen();
        await scene.AttachAsync("web", handler.Port());
        (SessionStream answered, _) = await scene.CallAsync("web");
        using Socket answering = await handler.AcceptSocketAsync(Deadline.Token);
        (SessionStream idle, _) = await scene.CallAsync("web");
        using Socket idling = await handler.AcceptSocketAsync(Deadline.Token);

        await scene.Attachments.DetachAsync("web");
        (_, StreamEnd? refusal) = await scene.CallAsync("web");
        await answering.SendAsync("late"u8.ToArray(), Deadline.Token);
        answering.Shutdown(SocketShutdown.Send);

        Assert.Equal(StreamEndCode.Unavailable, refusal!.Code);
        Assert.Equal("late", await answered.ReadToEndAsync());
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(1), Deadline.Token);
        StreamEnd? end = await idle.Completion.WaitAsync(Deadline.Token);
        Assert.Equal(StreamEndCode.Canceled, end!.Code);
    }

    [Fact]
    public async Task When_the_connection_is_ended_what_is_open_gets_a_second_to_end_too()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        using TcpListener handler = Handlers.Listen();
        Attachment attachment = await scene.AttachAsync("web", handler.Port());
        (SessionStream answered, _) = await scene.CallAsync("web");
        using Socket answering = await handler.AcceptSocketAsync(Deadline.Token);

        Task end = scene.EndAttachmentsAsync();
        await attachment.Over.WaitAsync(Deadline.Token);
        await answering.SendAsync("late"u8.ToArray(), Deadline.Token);
        answering.Shutdown(SocketShutdown.Send);

        Assert.Equal("late", await answered.ReadToEndAsync());
        answered.EndWriting();
        await end.WaitAsync(Deadline.Token);
        Assert.True(attachment.Closed.IsCompleted);
    }

    [Fact]
    public async Task Another_attachment_or_port_is_nobodys()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        using Socket nobody = Handlers.Refuse();
        await scene.AttachAsync("web", nobody.Port());

        (_, StreamEnd? other) = await scene.CallAsync("shop");
        (_, StreamEnd? udp) = await scene.CallAsync("web", Landline.Protocol.Api.PortProtocol.Udp);

        Assert.Equal(StreamEndCode.Unavailable, other!.Code);
        Assert.Equal(StreamEndCode.Unavailable, udp!.Code);
    }

    // Until the kernel takes no more: then a SYN is not answered, as with a handler that is stopped. The kernel answers within
    // the call that connects, so that whoever looks late finds the same.
    private static void Fill(IPEndPoint address, List<Socket> waiting)
    {
        while (waiting.Count < 10)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            waiting.Add(socket);
            var begun = Assert.Throws<SocketException>(() => socket.Connect(address));
            Assert.Equal(SocketError.WouldBlock, begun.SocketErrorCode);
            if (!socket.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectWrite))
            {
                return;
            }
        }
    }
}
