using System.Buffers.Binary;
using System.Net.Sockets;
using Landline.Protocol.Streams;

namespace Landline.Daemon.Attachments;

/// <summary>Carries datagrams between a connected UDP socket and a stream, until one of them ends or nothing came for a while.</summary>
internal static class DatagramRelay
{
    /// <summary>UDP has no end. Half of what the packet engine gives a flow that is answered.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(60);

    /// <summary>Owns both: when it returns, the socket is closed and the stream is over.</summary>
    /// <param name="discardsAnswers">For a copy: what the socket receives goes nowhere.</param>
    public static async Task RunAsync(
        Socket connected, SessionStream stream, bool discardsAnswers, TimeProvider time, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(LongestSilence, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        Task<StreamEnd> down = SendAsync(connected, stream, silence, over.Token);
        Task<StreamEnd> up = ReceiveAsync(connected, stream, discardsAnswers, silence, over.Token);
        StreamEnd first = await await Task.WhenAny(down, up);
        await over.CancelAsync();
        stream.Reset(first);
        await Task.WhenAll(down, up);
        connected.Dispose();
    }

    private static async Task<StreamEnd> SendAsync(
        Socket socket, SessionStream stream, CancellationTokenSource silence, CancellationToken over)
    {
        var reader = new DatagramReader(stream);
        try
        {
            while (await reader.ReadAsync(over) is { } datagram)
            {
                silence.CancelAfter(LongestSilence);
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
        Socket socket, SessionStream stream, bool discards, CancellationTokenSource silence, CancellationToken over)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(DatagramReader.HeaderBytes + DatagramReader.LongestDatagram);
        try
        {
            while (true)
            {
                int length = await socket.ReceiveAsync(buffer.AsMemory(DatagramReader.HeaderBytes), SocketFlags.None, over);
                silence.CancelAfter(LongestSilence);
                if (!discards)
                {
                    BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)length);
                    await stream.WriteAsync(buffer.AsMemory(0, DatagramReader.HeaderBytes + length), over);
                }
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            return Explain(e);
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
        _ => new StreamEnd(StreamEndCode.Canceled, "The flow was silent for too long, or its attachment has ended."),
    };
}
