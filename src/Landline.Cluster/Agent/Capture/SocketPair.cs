using System.Buffers;
using System.Net.Sockets;

namespace Landline.Cluster.Agent.Capture;

/// <summary>Joins two TCP connections: bytes, half-closes and resets, both ways.</summary>
internal static class SocketPair
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Returns when both directions have ended. Closing the sockets stays the caller's.</summary>
    /// <exception cref="SocketException">One of them was reset; whoever closes the other resets it.</exception>
    public static async Task RelayAsync(Socket a, Socket b, CancellationToken cancellationToken)
    {
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task there = CopyAsync(a, b, broken);
        Task back = CopyAsync(b, a, broken);
        try
        {
            await Task.WhenAll(there, back);
        }
        catch
        {
            b.LingerState = new LingerOption(enable: true, seconds: 0);
            throw;
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationTokenSource broken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer, SocketFlags.None, broken.Token)) > 0;)
            {
                for (int sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), SocketFlags.None, broken.Token);
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // The other direction must not wait for a connection that is broken.
            await broken.CancelAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
