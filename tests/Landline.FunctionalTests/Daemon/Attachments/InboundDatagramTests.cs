using System.Net;
using System.Net.Sockets;
using Landline.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>UDP that an agent captured: a stream for each caller.</summary>
public sealed class InboundDatagramTests
{
    [Fact]
    public async Task Each_datagram_keeps_its_bounds_both_ways()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        using Socket handler = Handlers.ListenUdp();
        await scene.AttachAsync("web", handler.Port(), PortProtocol.Udp);
        byte[] buffer = new byte[65536];

        (SessionStream caller, StreamEnd? refusal) = await scene.CallAsync("web", PortProtocol.Udp);
        Assert.Null(refusal);
        foreach (int length in (int[])[1, 0, 1400, 60_000])
        {
            byte[] datagram = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
            await caller.SendDatagramAsync(datagram);
            SocketReceiveFromResult received = await handler.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), Deadline.Token);
            Assert.Equal(datagram, buffer[..received.ReceivedBytes]);

            await handler.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), SocketFlags.None, received.RemoteEndPoint, Deadline.Token);
            Assert.Equal(datagram, await caller.ReadDatagramAsync());
        }
    }

    [Fact]
    public async Task Without_a_handler_the_agent_learns_it_before_the_first_datagram_is_lost()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        using Socket nobody = Handlers.RefuseUdp();
        await scene.AttachAsync("web", nobody.Port(), PortProtocol.Udp);

        (_, StreamEnd? refusal) = await scene.CallAsync("web", PortProtocol.Udp);

        Assert.Equal(StreamEndCode.Refused, refusal!.Code);
    }

    [Fact]
    public async Task However_many_callers_there_are_a_new_one_is_served_and_TCP_keeps_its_places()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        using Socket handler = Handlers.ListenUdp();
        await scene.AttachAsync("web", handler.Port(), PortProtocol.Udp);
        using TcpListener other = Handlers.Listen();
        await scene.AttachAsync("api", other.Port());
        var callers = new List<SessionStream>();
        while (callers.Count < InboundAcceptor.MostFlows)
        {
            (SessionStream caller, StreamEnd? refusal) = await scene.CallAsync("web", PortProtocol.Udp);
            Assert.Null(refusal);
            callers.Add(caller);
        }

        (SessionStream next, StreamEnd? nextRefusal) = await scene.CallAsync("web", PortProtocol.Udp);
        (_, StreamEnd? connectionRefusal) = await scene.CallAsync("api");

        Assert.Null(nextRefusal);
        Assert.Null(connectionRefusal);
        StreamEnd? end = await (await Task.WhenAny(callers.Select(caller => caller.Completion))).WaitAsync(Deadline.Token);
        Assert.Equal(StreamEndCode.Canceled, end!.Code);
        await next.SendDatagramAsync([1]);
        Assert.Equal(1, await handler.ReceiveAsync(new byte[2], Deadline.Token));
    }

    [Fact]
    public async Task A_handler_that_goes_away_ends_the_flow()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        Socket handler = Handlers.ListenUdp();
        await scene.AttachAsync("web", handler.Port(), PortProtocol.Udp);
        (SessionStream caller, _) = await scene.CallAsync("web", PortProtocol.Udp);

        handler.Dispose();
        await caller.SendDatagramAsync([1]);

        StreamEnd? end = await caller.Completion.WaitAsync(Deadline.Token);
        Assert.Equal(StreamEndCode.Refused, end!.Code);
    }
}
