using System.Net.WebSockets;
using System.Text;
using Landline.TestSupport;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Landline.FunctionalTests.AgentHttp;

public sealed class WebSocketTests
{
    [Theory]
    [InlineData(true, "handler")]
    [InlineData(false, "original")]
    public async Task A_WebSocket_is_opened_where_its_request_belongs(bool mine, string name)
    {
        await using KestrelServer original = await KestrelServer.StartAsync("original", HttpProtocols.Http1);
        await using KestrelServer handler = await KestrelServer.StartAsync("handler", HttpProtocols.Http1);
        await using var router = new RouterHost(original.Port, handler.Port);
        using var socket = new ClientWebSocket();
        if (mine)
        {
            socket.Options.SetRequestHeader("X-User", "alice");
        }

        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{router.Port}/socket"), Deadline.Token);
        byte[] buffer = new byte[65536];
        ValueWebSocketReceiveResult greeting = await socket.ReceiveAsync(buffer.AsMemory(), Deadline.Token);
        Assert.Equal(name, Encoding.UTF8.GetString(buffer, 0, greeting.Count));
        for (int i = 1; i < 20; i++)
        {
            await socket.SendAsync(new byte[i * 1000], WebSocketMessageType.Binary, true, Deadline.Token);
            int received = 0;
            while (received < i * 1000)
            {
                received += (await socket.ReceiveAsync(buffer.AsMemory(), Deadline.Token)).Count;
            }
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Deadline.Token);
        Assert.Equal("done", socket.CloseStatusDescription);
    }
}
