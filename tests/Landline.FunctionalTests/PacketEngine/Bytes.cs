using System.Net.Sockets;
using System.Security.Cryptography;

namespace Landline.FunctionalTests.PacketEngine;

/// <summary>Sends and receives whole messages, and streams of bytes that look like no pattern, with their hash.</summary>
internal static class Bytes
{
    private const int ChunkBytes = 256 * 1024;

    public static async Task<byte[]> ReadToEndAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        byte[] chunk = new byte[4096];
        while (await socket.ReceiveAsync(chunk, cancellationToken) is > 0 and var size)
        {
            all.Write(chunk, 0, size);
        }

        return all.ToArray();
    }

    public static async Task<byte[]> ReadAsync(Socket socket, int length, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[length];
        using var stream = new NetworkStream(socket);
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    /// <summary>Sends so many bytes, ends that direction and returns their SHA-256.</summary>
    public static async Task<string> SendAsync(Socket socket, long length, int seed, CancellationToken cancellationToken)
    {
        // One random chunk whose first bytes change: cheap, and no two chunks are alike.
        byte[] chunk = new byte[ChunkBytes];
        new Random(seed).NextBytes(chunk);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long sent = 0; sent < length;)
        {
            BitConverter.TryWriteBytes(chunk, sent);
            ReadOnlyMemory<byte> part = chunk.AsMemory(0, (int)Math.Min(chunk.Length, length - sent));
            hash.AppendData(part.Span);
            sent += part.Length;
            while (!part.IsEmpty)
            {
                part = part[await socket.SendAsync(part, cancellationToken)..];
            }
        }

        socket.Shutdown(SocketShutdown.Send);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Receives to the end and returns the number of bytes and their SHA-256.</summary>
    public static async Task<(long Length, string Hash)> ReceiveAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] chunk = new byte[ChunkBytes];
        long length = 0;
        while (await socket.ReceiveAsync(chunk, cancellationToken) is > 0 and var size)
        {
            hash.AppendData(chunk, 0, size);
            length += size;
        }

        return (length, Convert.ToHexString(hash.GetHashAndReset()));
    }
}
