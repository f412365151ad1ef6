using System.Net.Sockets;
using System.Text;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.Tests.Protocol;

/// <summary>Reads streams and sockets to their end, within the deadline.</summary>
internal static class StreamReading
{
    public static async Task<string> ReadToEndAsync(this SessionStream stream) =>
        Encoding.UTF8.GetString(await stream.ReadBytesToEndAsync());

    public static Task<byte[]> ReadBytesToEndAsync(this SessionStream stream) => stream.AsStream().ReadBytesToEndAsync();

    public static async Task<byte[]> ReadBytesToEndAsync(this Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, Deadline.Token);
        return bytes.ToArray();
    }

    public static async Task<string> ReadToEndAsync(this Socket socket) =>
        Encoding.UTF8.GetString(await socket.ReadBytesToEndAsync());

    /// <exception cref="SocketException">The connection was reset.</exception>
    public static async Task<byte[]> ReadBytesToEndAsync(this Socket socket)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int length;
        while ((length = await socket.ReceiveAsync(buffer, Deadline.Token)) > 0)
        {
            bytes.Write(buffer.AsSpan(0, length));
        }

        return bytes.ToArray();
    }
}
