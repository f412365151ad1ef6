using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Net;
using System.Text;
using Landline.TestSupport;

namespace Landline.FunctionalTests.AgentHttp;

/// <summary>A TCP server whose every connection runs a script. Stands for the original or for a handler.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<RawPeer, Task> _script;
    private readonly ConcurrentBag<RawPeer> _peers = [];
    private readonly Task _accepting;

    public LoopbackServer(Func<RawPeer, Task> script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections => _peers.Count;

    public string ReceivedByAll => string.Concat(_peers.Select(peer => peer.Received));

    /// <summary>Answers every request that has no body with its request line and the name.</summary>
    public static LoopbackServer Named(string name) => new(async peer =>
    {
        while (await peer.ReadHeadAsync() is { Length: > 0 } head)
        {
            string body = $"{name}: {head.Split("\r\n")[0]}";
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        }
    });

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        foreach (RawPeer peer in _peers)
        {
            peer.Dispose();
        }

        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var peer = new RawPeer(await _listener.AcceptSocketAsync());
                _peers.Add(peer);
                running.Add(RunAsync(peer));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped, in the middle of an accept or between two.
            await Task.WhenAll(running);
        }
    }

    private async Task RunAsync(RawPeer peer)
    {
        try
        {
            await _script(peer);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The test ended or closed the connection.
        }

        peer.Dispose();
    }
}

/// <summary>One end of a TCP connection, byte by byte as the test says.</summary>
internal sealed class RawPeer(Socket socket) : IDisposable
{
    private readonly StringBuilder _received = new();
    private int _taken;

    public Socket Socket { get; } = socket;

    /// <summary>Everything that has been read so far, one char for a byte.</summary>
    public string Received
    {
        get
        {
            lock (_received)
            {
                return _received.ToString();
            }
        }
    }

    public static async Task<RawPeer> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, Deadline.Token);
        return new RawPeer(socket);
    }

    public async Task SendAsync(string bytes)
    {
        byte[] data = Encoding.Latin1.GetBytes(bytes);
        for (int sent = 0; sent < data.Length;)
        {
            sent += await Socket.SendAsync(data.AsMemory(sent), Deadline.Token);
        }
    }

    /// <summary>Up to and with the text; throws when the peer ends before.</summary>
    public async Task<string> ReadThroughAsync(string text)
    {
        int end;
        while ((end = Received.IndexOf(text, _taken, StringComparison.Ordinal)) < 0)
        {
            if (!await ReceiveAsync())
            {
                throw new IOException($"The peer ended before '{text}'; received: {Received[_taken..]}");
            }
        }

        return Take(end + text.Length - _taken);
    }

    /// <summary>A head, or an empty string when the peer ends instead.</summary>
    public async Task<string> ReadHeadAsync()
    {
        while (!Received[_taken..].Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            if (!await ReceiveAsync())
            {
                return "";
            }
        }

        return await ReadThroughAsync("\r\n\r\n");
    }

    public async Task<string> ReadToEndAsync()
    {
        while (await ReceiveAsync())
        {
        }

        return Take(Received.Length - _taken);
    }

    public void EndWriting() => Socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Close();
    }

    public void Dispose() => Socket.Dispose();

    /// <summary>Whatever comes next; false: the peer has ended.</summary>
    public async Task<bool> ReceiveAsync()
    {
        byte[] buffer = new byte[16384];
        int count = await Socket.ReceiveAsync(buffer, Deadline.Token);
        lock (_received)
        {
            _received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return count > 0;
    }

    private string Take(int count)
    {
        string text = Received.Substring(_taken, count);
        _taken += count;
        return text;
    }
}
