using System.Net;
using System.Net.Sockets;
using System.Text;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>Handlers and callers of tests, read to their ends within the deadline.</summary>
internal static class Handlers
{
    // Two runs on one machine begin at two places.
    private static int _lastFreePort = 15_000 + (Environment.ProcessId % 14_000);

    public static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    public static Socket ListenUdp()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    /// <summary>Of a port that refuses for as long as it is there.</summary>
    public static Socket Refuse()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    /// <summary>As <see cref="Refuse"/>: one that is connected, if only with itself, takes nothing from others.</summary>
    public static Socket RefuseUdp()
    {
        Socket socket = ListenUdp();
        socket.Connect(socket.LocalEndPoint!);
        return socket;
    }

    public static int Port(this TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    public static int Port(this Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>Of nobody, and none that the kernel gives to whoever asks for any (from 32768 on).</summary>
    public static int FreePort(ProtocolType protocol = ProtocolType.Tcp)
    {
        while (true)
        {
            int port = Interlocked.Increment(ref _lastFreePort);
            using var socket = new Socket(
                AddressFamily.InterNetwork, protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody has it: the next one.
            }
        }
    }

    /// <exception cref="SocketException">The connection was reset.</exception>
    public static async Task<string> ReadToEndAsync(this Socket socket)
    {
        using var text = new MemoryStream();
        byte[] buffer = new byte[1024];
        int length;
        while ((length = await socket.ReceiveAsync(buffer, Deadline.Token)) > 0)
        {
            text.Write(buffer.AsSpan(0, length));
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    public static async Task<string> ReadToEndAsync(this SessionStream stream)
    {
        using var reader = new StreamReader(stream.AsStream(), leaveOpen: true);
        return await reader.ReadToEndAsync(Deadline.Token);
    }

    /// <summary>As agent and daemon do: two bytes of length, big-endian, before each.</summary>
    public static async Task SendDatagramAsync(this SessionStream stream, byte[] datagram)
    {
        await stream.WriteAsync(new[] { (byte)(datagram.Length >> 8), (byte)datagram.Length }, Deadline.Token);
        await stream.WriteAsync(datagram, Deadline.Token);
    }

    public static async Task<byte[]> ReadDatagramAsync(this SessionStream stream)
    {
        byte[] header = await ReadExactlyAsync(stream, 2);
        return await ReadExactlyAsync(stream, (header[0] << 8) | header[1]);
    }

    private static async Task<byte[]> ReadExactlyAsync(SessionStream stream, int length)
    {
        byte[] bytes = new byte[length];
        for (int read = 0; read < length;)
        {
            int more = await stream.ReadAsync(bytes.AsMemory(read), Deadline.Token);
            Assert.NotEqual(0, more);
            read += more;
        }

        return bytes;
    }
}
