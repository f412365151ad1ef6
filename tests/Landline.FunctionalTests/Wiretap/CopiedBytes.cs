using System.Net.Sockets;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Wiretap;

/// <summary>What callers send and what servers and copies get of it, within the deadline.</summary>
internal static class CopiedBytes
{
    /// <summary>Until the server has read all of it.</summary>
    public static async Task SendAndEndAsync(Socket caller, Socket server, byte[] bytes)
    {
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        await SendAllAsync(caller, bytes);
        caller.Shutdown(SocketShutdown.Send);
        Assert.Equal(bytes, await ReadToEndAsync(accepted));
    }

    /// <summary>Each byte is a packet.</summary>
    public static async Task SendSinglyAsync(Socket caller, Socket accepted, byte[] bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            await caller.SendAsync(bytes.AsMemory(i, 1), Deadline.Token);
            await ReadExactlyAsync(accepted, bytes[i..(i + 1)]);
        }
    }

    public static async Task UntilAsync(Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, deadline);
        }
    }

    public static async Task SendAllAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), Deadline.Token);
        }
    }

    public static async Task<long> CountToEndAsync(Socket socket)
    {
        byte[] buffer = new byte[64 * 1024];
        long count = 0;
        for (int read; (read = await socket.ReceiveAsync(buffer, Deadline.Token)) > 0;)
        {
            count += read;
        }

        return count;
    }

    public static async Task ReadExactlyAsync(Socket socket, byte[] expected)
    {
        byte[] bytes = new byte[expected.Length];
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        await stream.ReadExactlyAsync(bytes, Deadline.Token);
        Assert.True(expected.AsSpan().SequenceEqual(bytes));
    }

    public static async Task ReadExactlyAsync(SessionStream stream, byte[] expected)
    {
        byte[] bytes = new byte[expected.Length];
        for (int read = 0, count; read < bytes.Length; read += count)
        {
            count = await stream.ReadAsync(bytes.AsMemory(read), Deadline.Token);
            Assert.NotEqual(0, count);
        }

        Assert.True(expected.AsSpan().SequenceEqual(bytes));
    }

    public static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        for (int read; (read = await socket.ReceiveAsync(buffer, Deadline.Token)) > 0;)
        {
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }

    public static async Task<byte[]> ReadToEndAsync(SessionStream stream)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        for (int read; (read = await stream.ReadAsync(buffer, Deadline.Token)) > 0;)
        {
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }
}
