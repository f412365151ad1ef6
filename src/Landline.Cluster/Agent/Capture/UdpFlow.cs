using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// The datagrams of one caller to one attached port. On a stream each is framed by its length in two bytes, big-endian,
/// both ways. What nobody takes in time is dropped, as a network does.
/// </summary>
internal sealed class UdpFlow(IPEndPoint caller, Socket socket, TimeProvider timeProvider) : IDisposable
{
    /// <summary>As conntrack's own for a flow that was answered, at the shortest (nf_conntrack_udp_timeout is 30 s).</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    private const int QueuedDatagrams = 64;
    private const int LengthBytes = sizeof(ushort);

    private readonly Channel<byte[]> _queue = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(QueuedDatagrams) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly CancellationTokenSource _ends = new();

    public IPEndPoint Caller => caller;

    public void Offer(ReadOnlySpan<byte> datagram) => _queue.Writer.TryWrite(datagram.ToArray());

    public void End()
    {
        try
        {
            _ends.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    public void Dispose() => _ends.Dispose();

    /// <summary>Until either side ends it or nothing has come from anywhere for a minute.</summary>
    public async Task ToWorkstationAsync(SessionStream stream, CancellationToken cancellationToken)
    {
        await using Stream bytes = stream.AsStream();
        await PumpAsync(
            async (datagram, token) =>
            {
                byte[] frame = new byte[LengthBytes + datagram.Length];
                BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)datagram.Length);
                datagram.CopyTo(frame, LengthBytes);
                await bytes.WriteAsync(frame, token);
            },
            async (buffer, token) =>
            {
                await bytes.ReadExactlyAsync(buffer.AsMemory(0, LengthBytes), token);
                int length = BinaryPrimitives.ReadUInt16BigEndian(buffer);
                await bytes.ReadExactlyAsync(buffer.AsMemory(0, length), token);
                return length;
            },
            cancellationToken);
    }

    /// <param name="original">Connected to it.</param>
    public Task ToOriginalAsync(Socket original, CancellationToken cancellationToken) => PumpAsync(
        async (datagram, token) => await original.SendAsync(datagram, SocketFlags.None, token),
        async (buffer, token) => await original.ReceiveAsync(buffer, SocketFlags.None, token),
        cancellationToken);

    private async Task PumpAsync(
        Func<byte[], CancellationToken, Task> send, Func<byte[], CancellationToken, Task<int>> receive, CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ends.Token);
        using var idle = new CancellationTokenSource(Idle, timeProvider);
        await using CancellationTokenRegistration silent = idle.Token.UnsafeRegister(static ends => ((CancellationTokenSource)ends!).Cancel(), ends);
        Task answering = AnswerAsync(receive, idle, ends);
        try
        {
            await foreach (byte[] datagram in _queue.Reader.ReadAllAsync(ends.Token))
            {
                idle.CancelAfter(Idle);
                await send(datagram, ends.Token);
            }
        }
        finally
        {
            await ends.CancelAsync();
            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AnswerAsync(
        Func<byte[], CancellationToken, Task<int>> receive, CancellationTokenSource idle, CancellationTokenSource ends)
    {
        byte[] buffer = new byte[ushort.MaxValue];
        try
        {
            while (true)
            {
                int length = await receive(buffer, ends.Token);
                idle.CancelAfter(Idle);
                await socket.SendToAsync(buffer.AsMemory(0, length), SocketFlags.None, caller, ends.Token);
            }
        }
        finally
        {
            await ends.CancelAsync();
        }
    }
}
