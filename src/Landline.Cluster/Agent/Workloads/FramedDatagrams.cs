using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Landline.Cluster.Manager.Outbound;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Agent.Workloads;

/// <summary>
/// Carries datagrams between a connected UDP socket and a stream of bytes, both ways, until the stream ends or nothing
/// has passed for <see cref="Idle"/>. A stream that does not take what arrives fills the socket's buffer, and the
/// kernel drops the rest.
/// <code>
/// u16 length, big-endian | data
/// </code>
/// </summary>
internal sealed class FramedDatagrams(Socket socket, SessionStream stream, TimeProvider timeProvider)
{
    /// <summary>As for the manager's datagrams.</summary>
    public static readonly TimeSpan Idle = DatagramStreams.Idle;

    /// <summary>Of the length in front of each datagram, in bytes.</summary>
    public const int PrefixBytes = sizeof(ushort);

    /// <summary>The longest frame; the longest UDP payload is 65,507 bytes.</summary>
    private const int BufferBytes = PrefixBytes + ushort.MaxValue;

    /// <summary>Owns the stream, which is over when this returns; the socket is the caller's.</summary>
    public async Task RunAsync(string target, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using ITimer timer = timeProvider.CreateTimer(_ => stop.Cancel(), null, Idle, Timeout.InfiniteTimeSpan);
        StreamEnd end = new(StreamEndCode.Canceled, "nothing passed for a while, or the agent stops");
        try
        {
            Task toPod = SendAsync(timer, stop.Token);
            Task fromPod = ReceiveAsync(timer, stop.Token);
            Task first = await Task.WhenAny(toPod, fromPod);
            await stop.CancelAsync();
            await Task.WhenAll(toPod, fromPod).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await first;
            stream.EndWriting();
            return;
        }
        catch (SocketException e)
        {
            end = DialFailure.Of(e, target);
        }
        catch (StreamEndedException e)
        {
            end = e.End;
        }
        catch (EndOfStreamException)
        {
            end = new(StreamEndCode.ProtocolError, "the stream ended within a datagram");
        }
        catch (OperationCanceledException)
        {
            // The end is as it stands.
        }

        stream.Reset(end);
    }

    private async Task SendAsync(ITimer timer, CancellationToken cancellationToken)
    {
        Stream bytes = stream.AsStream();
        byte[] prefix = new byte[PrefixBytes];
        while (await bytes.ReadAtLeastAsync(prefix, PrefixBytes, throwOnEndOfStream: false, cancellationToken) is var read and > 0)
        {
            if (read < PrefixBytes)
            {
                throw new EndOfStreamException();
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                await bytes.ReadExactlyAsync(buffer.AsMemory(0, length), cancellationToken);
                timer.Change(Idle, Timeout.InfiniteTimeSpan);
                Send(buffer.AsSpan(0, length));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private void Send(ReadOnlySpan<byte> datagram)
    {
        // What does not fit is dropped, as any router would.
        socket.Send(datagram, SocketFlags.None, out SocketError error);
        if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.MessageSize or SocketError.NoBufferSpaceAvailable))
        {
            throw new SocketException((int)error);
        }
    }

    private async Task ReceiveAsync(ITimer timer, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Of no length: completes when there is something, and consumes nothing. An idle flow holds no buffer.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                int length = await socket.ReceiveAsync(buffer.AsMemory(PrefixBytes), SocketFlags.None, cancellationToken);
                BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)length);
                timer.Change(Idle, Timeout.InfiniteTimeSpan);
                await stream.WriteAsync(buffer.AsMemory(0, PrefixBytes + length), cancellationToken);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
