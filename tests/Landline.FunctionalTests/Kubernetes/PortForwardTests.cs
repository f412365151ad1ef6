using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Landline.Kubernetes;
using Landline.Protocol.Links;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;

namespace Landline.FunctionalTests.Kubernetes;

public sealed class PortForwardTests
{
    [Fact]
    public async Task Bytes_arrive_as_they_were_sent_both_ways_and_the_end_is_seen()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_001);
        await using var echo = new ScriptedServer(async stream =>
        {
            byte[] all = new byte[sent.Length];
            await stream.ReadExactlyAsync(all);
            await stream.WriteAsync(all);
        });
        cluster.Server.PortForwardTarget = (pod, port) => (pod, port) == ("web", 8080) ? echo.EndPoint : null;

        await using Stream stream = await cluster.Connect().PortForwardAsync("work", "web", 8080, Deadline.Token);
        Task writing = WriteAsync();
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, Deadline.Token);
        await writing;

        Assert.Equal(sent, received.ToArray());
        Assert.Equal(0, await stream.ReadAsync(new byte[1], Deadline.Token));

        async Task WriteAsync()
        {
            await stream.WriteAsync(sent.AsMemory(0, 1), Deadline.Token);
            await stream.WriteAsync(sent.AsMemory(1, 65_534), Deadline.Token);
            await stream.WriteAsync(sent.AsMemory(65_535, 65_536), Deadline.Token);
            await stream.WriteAsync(sent.AsMemory(131_071), Deadline.Token);
        }
    }

    /// <summary>As the daemon's links do it: on the event loop from the socket to the session.</summary>
    [Fact]
    public async Task The_caller_may_make_the_connection_and_its_end_ends_the_stream()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_001);
        await using var sender = new ScriptedServer(async stream => await stream.WriteAsync(sent));
        cluster.Server.PortForwardTarget = (_, _) => sender.EndPoint;
        var dial = new TunnelDial();
        Stream? connection = null;

        await using Stream link = dial.ToLink(await cluster.Connect().PortForwardAsync(
            "work", "web", 8080, Deadline.Token, async (target, token) => connection = await dial.ConnectAsync(target, token)));
        byte[] received = new byte[sent.Length];
        await link.ReadExactlyAsync(received, Deadline.Token);

        Assert.Equal(sent, received);
        Assert.NotNull(SocketLink.Under(link));
        await link.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await connection!.ReadAsync(new byte[1], Deadline.Token));
    }

    [Fact]
    public async Task What_the_node_reports_ends_the_stream_with_its_words()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();

        await using Stream stream = await cluster.Connect().PortForwardAsync("work", "web", 9, Deadline.Token);
        var error = await Assert.ThrowsAsync<IOException>(async () => await stream.ReadAsync(new byte[10], Deadline.Token));

        Assert.Equal(
            "The port-forward to port 9 of pod work/web was ended: error forwarding port 9 to pod web: connection refused", error.Message);
        Assert.Equal(0, await stream.ReadAsync(new byte[10], Deadline.Token));
    }

    /// <summary>Messages of one byte, empty messages, the port together with data, and several fragments.</summary>
    [Fact]
    public async Task Any_cutting_into_messages_is_put_together()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        cluster.Server.Answer = Script(async socket =>
        {
            await socket.SendAsync("\0P"u8.ToArray(), WebSocketMessageType.Binary, false, Deadline.Token);
            await socket.SendAsync("\0ab"u8.ToArray(), WebSocketMessageType.Binary, true, Deadline.Token);
            await socket.SendAsync("\0"u8.ToArray(), WebSocketMessageType.Binary, true, Deadline.Token);
            await socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Binary, true, Deadline.Token);
            await socket.SendAsync("\u0001P\0"u8.ToArray(), WebSocketMessageType.Binary, true, Deadline.Token);
            await socket.SendAsync("\0"u8.ToArray(), WebSocketMessageType.Binary, false, Deadline.Token);
            await socket.SendAsync("cd"u8.ToArray(), WebSocketMessageType.Binary, false, Deadline.Token);
            await socket.SendAsync("ef"u8.ToArray(), WebSocketMessageType.Binary, true, Deadline.Token);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Deadline.Token);
        });

        await using Stream stream = await cluster.Connect().PortForwardAsync("work", "web", 80, Deadline.Token);
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, bufferSize: 3, Deadline.Token);

        Assert.Equal("abcdef", Encoding.ASCII.GetString(received.ToArray()));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_an_error_and_not_an_end()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        var open = new TaskCompletionSource();
        cluster.Server.Answer = Script(async socket =>
        {
            await socket.SendAsync("\0P\0"u8.ToArray(), WebSocketMessageType.Binary, true, Deadline.Token);
            await open.Task;
            socket.Abort();
        });

        await using Stream stream = await cluster.Connect().PortForwardAsync("work", "web", 80, Deadline.Token);
        open.SetResult();
        var error = await Assert.ThrowsAsync<IOException>(async () => await stream.ReadAsync(new byte[10], Deadline.Token));

        Assert.StartsWith("The port-forward to port 80 of pod work/web broke", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disposing_ends_a_read_that_waits_and_tells_the_other_side()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        var ended = new TaskCompletionSource<int>();
        await using var listener = new ScriptedServer(async stream =>
        {
            await stream.WriteAsync(new byte[1]);
            ended.SetResult(await stream.ReadAsync(new byte[1]));
        });
        cluster.Server.PortForwardTarget = (_, _) => listener.EndPoint;

        Stream stream = await cluster.Connect().PortForwardAsync("work", "web", 80, Deadline.Token);
        Assert.Equal(1, await stream.ReadAsync(new byte[10], Deadline.Token));
        Task<int> reading = stream.ReadAsync(new byte[10], Deadline.Token).AsTask();
        await stream.DisposeAsync();

        Assert.Equal(0, await ended.Task.WaitAsync(Deadline.Token));
        try
        {
            Assert.Equal(0, await reading); // The other side's goodbye was quicker.
        }
        catch (IOException e)
        {
            Assert.Contains("was closed", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_refused_port_forward_has_the_servers_words()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        cluster.Server.Answer = async context =>
        {
            context.Response.StatusCode = 403;
            await context.Response.WriteAsync("""{"kind":"Status","reason":"Forbidden","message":"pods \"web\" is forbidden"}""");
            return true;
        };

        var error = await Assert.ThrowsAsync<KubernetesApiException>(() => cluster.Connect().PortForwardAsync("work", "web", 80, Deadline.Token));

        Assert.True(error is { IsForbidden: true, Message: "pods \"web\" is forbidden" });
    }

    [Fact]
    public async Task Something_that_passes_no_WebSockets_is_noticed()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        cluster.Server.Answer = context =>
        {
            context.Response.StatusCode = 200;
            return Task.FromResult(true);
        };

        var error = await Assert.ThrowsAsync<KubernetesConnectionException>(() => cluster.Connect().PortForwardAsync("work", "web", 80, Deadline.Token));

        Assert.Contains("did not open a WebSocket (status 200)", error.Message, StringComparison.Ordinal);
    }

    private static Func<HttpContext, Task<bool>> Script(Func<WebSocket, Task> script) => async context =>
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        await script(socket);
        return true;
    };
}
