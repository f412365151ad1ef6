using System.Net.Sockets;
using Landline.Protocol.Streams;

namespace Landline.Daemon.Attachments;

/// <summary>
/// A wiretap's connection: the handler gets the bytes, and what it answers goes nowhere. A handler that does not read
/// loses its copy, so that nobody has to keep it.
/// </summary>
internal static class CopiedConnection
{
    private static readonly TimeSpan LongestSend = TimeSpan.FromSeconds(5);

    /// <summary>After the caller's last byte: how long the handler may go on answering.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    private const int BufferBytes = 32 * 1024;

    /// <summary>Owns both: when it returns, the socket is closed and the stream is over.</summary>
    public static async Task RunAsync(
        Socket connected, SessionStream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        stream.EndWriting();
        using var answering = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task discarding = DiscardAsync(connected, answering.Token);
        try
        {
            await SendAsync(connected, stream, time, cancellationToken);
            connected.Shutdown(SocketShutdown.Send);
            await discarding.WaitAsync(LongestAnswer, time, cancellationToken);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or TimeoutException or StreamEndedException)
        {
            stream.Reset(new StreamEnd(StreamEndCode.Canceled, "The handler does not take its copy, or the attachment has ended."));
        }

        await answering.CancelAsync();
        await discarding;
        connected.Dispose();
    }

    private static async Task SendAsync(Socket socket, SessionStream stream, TimeProvider time, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        int length;
        while ((length = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            ReadOnlyMemory<byte> rest = buffer.AsMemory(0, length);
            while (!rest.IsEmpty)
            {
                ValueTask<int> sending = socket.SendAsync(rest, SocketFlags.None, cancellationToken);
                int sent = sending.IsCompleted
                    ? await sending
                    : await sending.AsTask().WaitAsync(LongestSend, time, cancellationToken);
                rest = rest[sent..];
            }
        }
    }

    private static async Task DiscardAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] nothing = new byte[BufferBytes];
        try
        {
            while (await socket.ReceiveAsync(nothing, SocketFlags.None, cancellationToken) > 0)
            {
                // Until the end.
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The sender notices by itself, or has caused it.
        }
    }
}
