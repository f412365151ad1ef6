using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Landline.FunctionalTests.Kubernetes;

/// <summary>An HTTP proxy that connects whoever asks to one port of this machine, whatever they have asked for.</summary>
internal sealed class TunnelProxy : IAsyncDisposable
{
    private readonly ScriptedServer _server;

    public TunnelProxy(int port) => _server = new ScriptedServer(async stream =>
    {
        Asked.Enqueue((await ReadHeadAsync(stream)).Split("\r\n")[0]);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        await TunnelAsync(stream, port);
    });

    /// <summary>The first line of each request.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public IPEndPoint EndPoint => _server.EndPoint;

    /// <summary>A request, with the empty line that ends it.</summary>
    public static async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    public static async Task TunnelAsync(NetworkStream stream, int port)
    {
        using var server = new TcpClient();
        await server.ConnectAsync("127.0.0.1", port);
        await Task.WhenAny(stream.CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(stream));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
