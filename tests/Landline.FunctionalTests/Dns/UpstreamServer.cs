using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Landline.FunctionalTests.Dns;

/// <summary>A name server on a loopback address that answers as the test says; null = it stays silent.</summary>
internal sealed class UpstreamServer : IAsyncDisposable
{
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<byte[], bool, byte[]?> _answer;
    private readonly Task _serving;
    private int _questions;

    /// <param name="answer">Question and whether it came over TCP.</param>
    public UpstreamServer(IPAddress address, int port, Func<byte[], bool, byte[]?> answer)
    {
        _answer = answer;
        (_udp, _tcp) = DnsSockets.Open(address, port);
        _serving = Task.WhenAll(ServeUdpAsync(), ServeTcpAsync());
    }

    public int Port => ((IPEndPoint)_udp.LocalEndPoint!).Port;

    public int Questions => _questions;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _udp.Dispose();
        _tcp.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        byte[] buffer = new byte[65535];
        while (true)
        {
            SocketReceiveFromResult received = await _udp.ReceiveFromAsync(
                buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
            if (Ask(buffer[..received.ReceivedBytes], overTcp: false) is { } answer)
            {
                await _udp.SendToAsync(answer, SocketFlags.None, received.RemoteEndPoint, _stop.Token);
            }
        }
    }

    private async Task ServeTcpAsync()
    {
        while (true)
        {
            using Socket socket = await _tcp.AcceptAsync(_stop.Token);
            await using var stream = new NetworkStream(socket);
            byte[] length = new byte[2];
            await stream.ReadExactlyAsync(length, _stop.Token);
            byte[] question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
            await stream.ReadExactlyAsync(question, _stop.Token);
            if (Ask(question, overTcp: true) is { } answer)
            {
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                await stream.WriteAsync((byte[])[.. length, .. answer], _stop.Token);
            }
        }
    }

    private byte[]? Ask(byte[] question, bool overTcp)
    {
        Interlocked.Increment(ref _questions);
        return _answer(question, overTcp);
    }
}
