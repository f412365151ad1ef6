using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using Landline.Protocol.Streams;

namespace Landline.Daemon.Attachments;

/// <summary>Carries datagrams between a connected UDP socket and a stream, until one of them or the flow's life ends.</summary>
internal static class DatagramRelay
{
    /// <summary>Owns socket and stream: when it returns, the one is closed and the other is over.</summary>
    /// <param name="discardsAnswers">For a copy: what the socket receives goes nowhere.</param>
    public static async Task RunAsync(
        Socket connected, SessionStream stream, bool discardsAnswers, FlowLife life, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(life.Over, cancellationToken);
        Task<StreamEnd> down = SendAsync(connected, stream, life, over.Token);
        Task<StreamEnd> up = ReceiveAsync(connected, stream, discardsAnswers, life, over.Token);
        StreamEnd first = await await Task.WhenAny(down, up);
        await over.CancelAsync();
        stream.Reset(first);
        await Task.WhenAll(down, up);
        connected.Dispose();
    }

    private static async Task<StreamEnd> SendAsync(Socket socket, SessionStream stream, FlowLife life, CancellationToken over)
    {
        var reader = new DatagramReader(stream);
        try
        {
            while (await reader.ReadAsync(over) is { } datagram)
            {
                life.HearQuestion();
                await socket.SendAsync(datagram, SocketFlags.None, over);
            }

            return new StreamEnd(StreamEndCode.Canceled, "The caller's side has ended the flow.");
        }
        catch (Exception e) when (IsEnd(e))
        {
            return Explain(e);
        }
    }

    private static async Task<StreamEnd> ReceiveAsync(
        Socket socket, SessionStream stream, bool discards, FlowLife life, CancellationToken over)
    {
        try
        {
            while (true)
            {
                // Of no length: completes when there is something, and consumes nothing. A flow that waits holds no buffer.
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, over);
                await PassAsync(socket, stream, discards, life, over);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            return Explain(e);
        }
    }

    private static async Task PassAsync(Socket socket, SessionStream stream, bool discards, FlowLife life, CancellationToken over)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(DatagramReader.HeaderBytes + DatagramReader.LongestDatagram);
        try
        {
            int length = await socket.ReceiveAsync(
                buffer.AsMemory(DatagramReader.HeaderBytes, DatagramReader.LongestDatagram), SocketFlags.None, over);
            life.HearAnswer();
            if (!discards)
            {
                BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)length);
                await stream.WriteAsync(buffer.AsMemory(0, DatagramReader.HeaderBytes + length), over);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool IsEnd(Exception exception) =>
        exception is SocketException or ObjectDisposedException or StreamEndedException or OperationCanceledException;

    // ICMP "port unreachable" is how UDP says that nobody listens.
    private static StreamEnd Explain(Exception exception) => exception switch
    {
        StreamEndedException e => e.End,
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
            new StreamEnd(StreamEndCode.Refused, "Nothing listens there on the workstation."),
        SocketException e => new StreamEnd(StreamEndCode.Failed, $"The workstation's socket failed ({e.SocketErrorCode})."),
        _ => new StreamEnd(StreamEndCode.Canceled, "The flow was silent for too long, a newer one took its place, or its attachment has ended."),
    };
}
