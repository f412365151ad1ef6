using System.Net;
using System.Net.Sockets;
using Landline.TestSupport;

namespace Landline.Tests.Protocol;

/// <summary>Two UDP sockets of this machine that are connected to each other: the one that is tested and whom it talks to.</summary>
internal sealed class DatagramSockets : IDisposable
{
    private readonly byte[] _buffer = new byte[100];

    public DatagramSockets()
    {
        Near.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Far.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Near.Connect(Far.LocalEndPoint!);
        Far.Connect(Near.LocalEndPoint!);
    }

    public Socket Near { get; } = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    public Socket Far { get; } = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    /// <summary>Waits for the datagram that <see cref="Near"/> has sent.</summary>
    public async Task ArriveAsync() => Assert.Equal(1, await Far.ReceiveAsync(_buffer, SocketFlags.None, Deadline.Token));

    public void Answer() => Far.Send([1]);

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}
