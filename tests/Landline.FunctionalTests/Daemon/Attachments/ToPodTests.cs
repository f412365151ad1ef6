using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>Ports of the workstation that lead to the pod.</summary>
public sealed class ToPodTests
{
    [Fact]
    public async Task A_connection_is_dialled_inside_the_pod()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        int port = Handlers.FreePort();
        WorkloadOpen? opened = null;
        scene.Manager.ServeWorkload = async (stream, open) =>
        {
            opened = open;
            stream.Accept();
            string request = await stream.ReadToEndAsync();
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{request} pong"), Deadline.Token);
            stream.EndWriting();
        };
        await scene.AttachAsync(AttachmentScene.Request("web") with { ToPod = [new ToPodPort(port, PortProtocol.Tcp)] });

        using Socket client = await ConnectAsync(port);
        await client.SendAsync("ping"u8.ToArray(), Deadline.Token);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal("ping pong", await client.ReadToEndAsync());
        Assert.Equal(("work/web", WorkloadPart.Dial, port), (opened!.Attachment, opened.Part, opened.Port));
    }

    [Fact]
    public async Task What_the_pod_refuses_is_reset()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        int port = Handlers.FreePort();
        await scene.AttachAsync(AttachmentScene.Request("web") with { ToPod = [new ToPodPort(port, PortProtocol.Tcp)] });

        // It may come while the client still learns that it is connected.
        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using Socket client = await ConnectAsync(port);
            await client.ReadToEndAsync();
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    [Fact]
    public async Task Datagrams_of_each_sender_have_a_flow_of_their_own()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        int port = Handlers.FreePort(ProtocolType.Udp);
        scene.Manager.ServeWorkload = async (stream, open) =>
        {
            Assert.Equal(PortProtocol.Udp, open.Protocol);
            stream.Accept();
            while (true)
            {
                byte[] datagram = await stream.ReadDatagramAsync();
                await stream.SendDatagramAsync([.. datagram, (byte)stream.Id]);
            }
        };
        await scene.AttachAsync(AttachmentScene.Request("web") with { ToPod = [new ToPodPort(port, PortProtocol.Udp)] });

        byte[] first = await AskAsync(port, [1, 2, 3]);
        byte[] second = await AskAsync(port, [4]);

        Assert.Equal([1, 2, 3], first[..^1]);
        Assert.Equal([4], second[..^1]);
        Assert.NotEqual(first[^1], second[^1]);
    }

    [Fact]
    public async Task A_port_that_is_in_use_is_told_before_anything_is_attached()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        using TcpListener somebody = Handlers.Listen();
        AttachRequest request = AttachmentScene.Request("web") with { ToPod = [new ToPodPort(somebody.Port(), PortProtocol.Tcp)] };

        var error = await Assert.ThrowsAsync<UserErrorException>(() => scene.AttachAsync(request));

        Assert.Equal("to-pod-port-unavailable", error.Code);
        Assert.Null(scene.StoredAttachment("web"));
        Assert.False(scene.Manager.Confirmed.TryRead(out _));
    }

    [Fact]
    public async Task After_detaching_the_port_is_free_again()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        int port = Handlers.FreePort();
        await scene.AttachAsync(AttachmentScene.Request("web") with { ToPod = [new ToPodPort(port, PortProtocol.Tcp)] });

        await scene.Attachments.DetachAsync("web");

        var refused = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(port));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Deadline.Token);
        return client;
    }

    private static async Task<byte[]> AskAsync(int port, byte[] datagram)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Deadline.Token);
        await client.SendAsync(datagram, Deadline.Token);
        byte[] answer = new byte[2048];
        return answer[..await client.ReceiveAsync(answer, Deadline.Token)];
    }
}
