using System.Net;
using System.Net.Sockets;

namespace Landline.Kubernetes.Requests;

/// <summary>Makes the TCP connections to an API server, or lets the request that needs one make it.</summary>
internal static class ConnectionMaker
{
    public static HttpRequestOptionsKey<Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>?> Key { get; } = new("connect");

    public static ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken) =>
        context.InitialRequestMessage.Options.TryGetValue(Key, out var connect) && connect is not null
            ? connect(context.DnsEndPoint, cancellationToken)
            : ConnectAsync(context.DnsEndPoint, cancellationToken);

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
