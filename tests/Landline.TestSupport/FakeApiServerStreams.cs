using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Landline.TestSupport;

/// <summary>Port-forwards as an API server and a node do them: subprotocol v4.channel.k8s.io, one port.</summary>
internal sealed class FakeApiServerStreams
{
    private const int LongestMessage = 32 * 1024; // As a node does.

    public Func<string, int, IPEndPoint?> PortForwardTarget { get; set; } = (_, _) => null;

    public async Task<bool> TryHandleAsync(HttpContext context)
    {
        string[] parts = context.Request.Path.Value!.Split('/');
        if (parts is ["", "api", "v1", "namespaces", _, "pods", string address, "proxy", .. string[] path]
            && address.Split(':') is [string name, string number])
        {
            await FakeApiServerProxy.HandleAsync(
                context, PortForwardTarget(name, int.Parse(number, CultureInfo.InvariantCulture)), "/" + string.Join('/', path));
            return true;
        }

        return await TryForwardAsync(context, parts);
    }

    private async Task<bool> TryForwardAsync(HttpContext context, string[] parts)
    {
        if (parts is not ["", "api", "v1", "namespaces", _, "pods", string pod, "portforward"] || !context.WebSockets.IsWebSocketRequest)
        {
            return false;
        }

        if (!context.WebSockets.WebSocketRequestedProtocols.Contains("v4.channel.k8s.io"))
        {
            await FakeApiServerResources.WriteStatusAsync(context, 400, "BadRequest", "unable to upgrade: no subprotocol that is known");
            return true;
        }

        int port = int.Parse(context.Request.Query["ports"]!, CultureInfo.InvariantCulture);
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        byte[] number = [(byte)port, (byte)(port >> 8)];
        await SendAsync(socket, 0, number, context.RequestAborted);
        await SendAsync(socket, 1, number, context.RequestAborted);
        if (PortForwardTarget(pod, port) is { } target)
        {
            await RelayAsync(socket, target, context.RequestAborted);
        }
        else
        {
            await SendAsync(socket, 1, Encoding.UTF8.GetBytes($"error forwarding port {port} to pod {pod}: connection refused"), context.RequestAborted);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
        }

        return true;
    }

    private static async Task RelayAsync(WebSocket socket, IPEndPoint target, CancellationToken cancellationToken)
    {
        using var connection = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await connection.ConnectAsync(target, cancellationToken);
        Task up = UpAsync();
        Task down = DownAsync();
        await Task.WhenAny(up, down); // Either end closes both, as the node does.
        connection.Shutdown(SocketShutdown.Both); // Disposing while it receives would reset it instead.
        await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        async Task UpAsync()
        {
            byte[] buffer = new byte[128 * 1024];
            while (true)
            {
                ValueWebSocketReceiveResult part;
                int length = 0;
                do
                {
                    part = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
                    length += part.Count;
                }
                while (!part.EndOfMessage);

                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                await connection.SendAsync(buffer.AsMemory(1, length - 1), SocketFlags.None, cancellationToken);
            }
        }

        async Task DownAsync()
        {
            byte[] buffer = new byte[LongestMessage];
            while (await connection.ReceiveAsync(buffer, SocketFlags.None, cancellationToken) is > 0 and var count)
            {
                await SendAsync(socket, 0, buffer.AsMemory(0, count), cancellationToken);
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        }
    }

    private static async Task SendAsync(WebSocket socket, byte channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        byte[] message = new byte[1 + data.Length];
        message[0] = channel;
        data.CopyTo(message.AsMemory(1));
        await socket.SendAsync(message, WebSocketMessageType.Binary, true, cancellationToken);
    }
}
