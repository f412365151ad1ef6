using System.Net.Sockets;
using Landline.Protocol.Streams;

namespace Landline.Daemon.Attachments.Mounts;

/// <summary>Carries bytes between sshfs and a Files stream. When either ends, both do.</summary>
internal static class SftpFeed
{
    /// <summary>SFTP's messages have some 32 KiB; two fit.</summary>
    private const int BufferBytes = 68 * 1024;

    /// <summary>Owns both: when it returns, the socket is closed and the stream is over.</summary>
    public static async Task RunAsync(Socket socket, SessionStream stream, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task up = ReceiveAsync(socket, stream, over.Token);
        Task down = SendAsync(socket, stream, over.Token);
        await Task.WhenAny(up, down);
        await over.CancelAsync();
        stream.Reset(new StreamEnd(StreamEndCode.Canceled, "The workstation has unmounted the files."));
        socket.Dispose();
        await Task.WhenAll(up, down);
    }

    private static async Task ReceiveAsync(Socket socket, SessionStream stream, CancellationToken over)
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            int length;
            while ((length = await socket.ReceiveAsync(buffer, SocketFlags.None, over)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, length), over);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            return;
        }
    }

    private static async Task SendAsync(Socket socket, SessionStream stream, CancellationToken over)
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            int length;
            while ((length = await stream.ReadAsync(buffer, over)) > 0)
            {
                ReadOnlyMemory<byte> rest = buffer.AsMemory(0, length);
                while (!rest.IsEmpty)
                {
                    rest = rest[await socket.SendAsync(rest, SocketFlags.None, over)..];
                }
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            return;
        }
    }

    private static bool IsEnd(Exception exception) =>
        exception is SocketException or ObjectDisposedException or StreamEndedException or OperationCanceledException;
}
