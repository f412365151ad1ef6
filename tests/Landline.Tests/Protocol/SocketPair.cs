using System.Net.Sockets;
using System.Net;
using Landline.TestSupport;

namespace Landline.Tests.Protocol;

/// <summary>Two ends of a TCP connection over loopback.</summary>
internal sealed record SocketPair(Socket Near, Socket Far) : IDisposable
{
    public static async Task<SocketPair> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Task connecting = near.ConnectAsync(listener.LocalEndPoint!, Deadline.Token).AsTask();
        Socket far = await listener.AcceptAsync(Deadline.Token);
        await connecting;
        far.NoDelay = true;
        return new SocketPair(near, far);
    }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}
