using System.Buffers;
using System.Net.Sockets;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Outbound;

/// <summary>
/// Carries datagrams between a connected datagram socket and a stream until either ends or nothing has passed for a
/// while. Holds no buffer while it waits: there may be thousands.
/// </summary>
internal sealed class DatagramPump(Socket socket, SessionStream stream, TimeSpan idle, TimeProvider timeProvider)
{
    /// <summary>The longest UDP payload is 65,507 bytes, the longest frame 65,536.</summary>
    private const int BufferBytes = 64 * 1024;

    /// <summary>Looks at a datagram before it leaves for the target and may change it; false = it is dropped.</summary>
    public Func<Memory<byte>, bool> ToTarget { get; init; } = static _ => true;

    /// <summary>The same for what comes from the target.</summary>
    public Func<Memory<byte>, bool> ToWorkstation { get; init; } = static _ => true;

    /// <summary>Owns both: when it returns, the socket is disposed and the stream has ended.</summary>
    public async Task RunAsync(string target, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using ITimer timer = timeProvider.CreateTimer(_ => stop.Cancel(), null, idle, Timeout.InfiniteTimeSpan);
        StreamEnd end = new(StreamEndCode.Canceled, "the manager ends datagrams that nobody uses any more");
        try
        {
            socket.Blocking = false;
            Task outbound = SendAsync(timer, stop.Token);
            Task inbound = ReceiveAsync(timer, stop.Token);
            Task first = await Task.WhenAny(outbound, inbound);
            await stop.CancelAsync();
            await Task.WhenAll(outbound, inbound).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await first;
        }
        catch (SocketException e)
        {
            end = DialFailure.Of(e, target);
        }
        catch (Exception e) when (e is OperationCanceledException or StreamEndedException or ObjectDisposedException)
        {
            // Idle, shut down, or the workstation is done: the end is as it stands.
        }
        finally
        {
            stream.Reset(end);
            socket.Dispose();
        }
    }

    private async Task SendAsync(ITimer timer, CancellationToken cancellationToken)
    {
        int length;
        do
        {
            // Of no length: completes when there is something, and consumes nothing.
            await stream.ReadAsync(Memory<byte>.Empty, cancellationToken);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                length = await stream.ReceiveDatagramAsync(buffer, cancellationToken);
                timer.Change(idle, Timeout.InfiniteTimeSpan);
                if (length >= 0 && ToTarget(buffer.AsMemory(0, length)))
                {
                    Send(buffer.AsSpan(0, length));
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        while (length >= 0);
    }

    private void Send(ReadOnlySpan<byte> datagram)
    {
        // What does not fit, into the send buffer or the path, is dropped, as any router would.
        socket.Send(datagram, SocketFlags.None, out SocketError error);
        if (error is not (SocketError.Success or SocketError.WouldBlock
            or SocketError.MessageSize or SocketError.NoBufferSpaceAvailable))
        {
            throw new SocketException((int)error);
        }
    }

    private async Task ReceiveAsync(ITimer timer, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Of no length: completes when there is something, and consumes nothing.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                while (true)
                {
                    int length = socket.Receive(buffer, SocketFlags.None, out SocketError error);
                    if (error == SocketError.WouldBlock)
                    {
                        break;
                    }

                    if (error != SocketError.Success)
                    {
                        throw new SocketException((int)error);
                    }

                    timer.Change(idle, Timeout.InfiniteTimeSpan);
                    if (ToWorkstation(buffer.AsMemory(0, length)))
                    {
                        // Without credit it is dropped, as any router would.
                        stream.TrySendDatagram(buffer.AsSpan(0, length));
                    }
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
