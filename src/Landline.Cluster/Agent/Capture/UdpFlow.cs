using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Landline.Cluster.Hosting;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// The datagrams of one caller to one attached port. On a stream each is framed by its length in two bytes, big-endian,
/// both ways. What nobody takes in time is dropped, as a network does.
/// </summary>
/// <param name="waiting">Shared with the port's other flows: what waits in all of them.</param>
internal sealed class UdpFlow(IPEndPoint caller, Socket socket, ByteBudget waiting, TimeProvider timeProvider) : IDisposable
{
    /// <summary>As conntrack's own for a flow that was answered, at the shortest (nf_conntrack_udp_timeout is 30 s).</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    private const int QueuedDatagrams = 64;
    private const int LengthBytes = sizeof(ushort);

    private readonly Channel<byte[]> _queue = Channel.CreateBounded<byte[]>(
        new BoundedChannelOptions(QueuedDatagrams) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly CancellationTokenSource _ends = new();
    private int _questions;
    private int _answers;
    private long _lastHeard = timeProvider.GetTimestamp();

    public IPEndPoint Caller => caller;

    /// <summary>Canceled when it is to end. To be taken before <see cref="Dispose"/>.</summary>
    public CancellationToken Ends => _ends.Token;

    /// <summary>One question and its answer: most likely nothing follows, as with names, whose clients ask from a new port each time.</summary>
    public bool IsAnswered => Volatile.Read(ref _questions) == 1 && Volatile.Read(ref _answers) > 0;

    /// <summary>When a datagram came last, from either side: <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long LastHeard => Volatile.Read(ref _lastHeard);

    public void Offer(ReadOnlySpan<byte> datagram)
    {
        Interlocked.Increment(ref _questions);
        Hear();
        if (waiting.TryTake(datagram.Length) && !_queue.Writer.TryWrite(datagram.ToArray()))
        {
            waiting.Return(datagram.Length);
        }
    }

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

    public void Dispose()
    {
        // Whoever offers from now on is told no, so that nothing of the budget stays behind.
        _queue.Writer.TryComplete();
        while (_queue.Reader.TryRead(out byte[]? datagram))
        {
            waiting.Return(datagram.Length);
        }

        _ends.Dispose();
    }

    /// <summary>Until either side ends it or nothing has come from anywhere for a minute.</summary>
    public async Task ToWorkstationAsync(SessionStream stream, CancellationToken cancellationToken)
    {
        await using Stream bytes = stream.AsStream();
        byte[] prefix = new byte[LengthBytes];
        await PumpAsync(
            async (datagram, token) =>
            {
                byte[] frame = new byte[LengthBytes + datagram.Length];
                BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)datagram.Length);
                datagram.CopyTo(frame, LengthBytes);
                await bytes.WriteAsync(frame, token);
            },
            async token =>
            {
                await bytes.ReadExactlyAsync(prefix, token);
                return BinaryPrimitives.ReadUInt16BigEndian(prefix);
            },
            async (buffer, token) =>
            {
                await bytes.ReadExactlyAsync(buffer, token);
                return buffer.Length;
            },
            cancellationToken);
    }

    /// <param name="original">Connected to it.</param>
    public Task ToOriginalAsync(Socket original, CancellationToken cancellationToken) => PumpAsync(
        async (datagram, token) => await original.SendAsync(datagram, SocketFlags.None, token),
        async token =>
        {
            // Of no length: completes when there is something, and consumes nothing.
            await original.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, token);
            return ushort.MaxValue;
        },
        async (buffer, token) => await original.ReceiveAsync(buffer, SocketFlags.None, token),
        cancellationToken);

    /// <param name="wait">Until there is an answer; returns how long it can be at most. An idle flow holds no buffer.</param>
    /// <param name="receive">Takes it, and returns how long it is.</param>
    private async Task PumpAsync(
        Func<byte[], CancellationToken, Task> send,
        Func<CancellationToken, Task<int>> wait,
        Func<Memory<byte>, CancellationToken, Task<int>> receive,
        CancellationToken cancellationToken)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ends.Token);
        using var idle = new CancellationTokenSource(Idle, timeProvider);
        await using CancellationTokenRegistration silent = idle.Token.UnsafeRegister(static ends => ((CancellationTokenSource)ends!).Cancel(), ends);
        Task answering = AnswerAsync(wait, receive, idle, ends);
        try
        {
            await foreach (byte[] datagram in _queue.Reader.ReadAllAsync(ends.Token))
            {
                idle.CancelAfter(Idle);
                try
                {
                    await send(datagram, ends.Token);
                }
                finally
                {
                    waiting.Return(datagram.Length);
                }
            }
        }
        finally
        {
            await ends.CancelAsync();
            await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AnswerAsync(
        Func<CancellationToken, Task<int>> wait,
        Func<Memory<byte>, CancellationToken, Task<int>> receive,
        CancellationTokenSource idle,
        CancellationTokenSource ends)
    {
        try
        {
            while (true)
            {
                int longest = await wait(ends.Token);
                byte[] buffer = ArrayPool<byte>.Shared.Rent(longest);
                try
                {
                    int length = await receive(buffer.AsMemory(0, longest), ends.Token);
                    idle.CancelAfter(Idle);
                    Interlocked.Increment(ref _answers);
                    Hear();
                    await socket.SendToAsync(buffer.AsMemory(0, length), SocketFlags.None, caller, ends.Token);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }
        }
        finally
        {
            await ends.CancelAsync();
        }
    }

    private void Hear() => Volatile.Write(ref _lastHeard, timeProvider.GetTimestamp());
}
