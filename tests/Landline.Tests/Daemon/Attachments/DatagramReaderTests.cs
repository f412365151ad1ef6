using FsCheck;
using FsCheck.Fluent;
using Landline.Daemon.Attachments;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Daemon.Attachments;

public sealed class DatagramReaderTests
{
    [Fact]
    public async Task Two_bytes_of_length_stand_before_each_datagram()
    {
        Assert.Equal([[1, 2, 3], [], [4]], await ReadAsync([0, 3, 1, 2, 3, 0, 0, 0, 1, 4], pieceLength: 10));
    }

    [Fact]
    public async Task The_longest_datagram_fits()
    {
        byte[] longest = [.. Enumerable.Range(0, DatagramReader.LongestDatagram).Select(i => (byte)i)];

        Assert.Equal([longest, [7]], await ReadAsync([0xFF, 0xFF, .. longest, 0, 1, 7], pieceLength: 5000));
    }

    [Fact]
    public async Task A_datagram_that_is_cut_off_is_none() =>
        Assert.Equal([[1]], await ReadAsync([0, 1, 1, 0, 5, 1, 2], pieceLength: 7));

    [Fact]
    public async Task Pieces_do_not_matter()
    {
        byte[][] datagrams = [.. Gen.Sample(Gen.ArrayOf(Gen.Choose(0, 255).Select(i => (byte)i)), 40)];
        byte[] framed = [.. datagrams.SelectMany(bytes => (byte[])[(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes])];

        foreach (int pieceLength in (int[])[1, 2, 3, 7, 64])
        {
            Assert.Equal(datagrams, await ReadAsync(framed, pieceLength));
        }
    }

    private static async Task<List<byte[]>> ReadAsync(byte[] framed, int pieceLength)
    {
        await using SessionPair pair = await SessionPair.ConnectAsync();
        (SessionStream near, SessionStream far) = await pair.OpenAsync(StreamKind.Inbound);
        Task writing = WriteAsync(near, framed, pieceLength);
        var reader = new DatagramReader(far);
        var datagrams = new List<byte[]>();
        while (await reader.ReadAsync(Deadline.Token) is { } datagram)
        {
            datagrams.Add(datagram.ToArray());
        }

        await writing;
        return datagrams;
    }

    private static async Task WriteAsync(SessionStream stream, byte[] bytes, int pieceLength)
    {
        foreach (byte[] piece in bytes.Chunk(pieceLength))
        {
            await stream.WriteAsync(piece, Deadline.Token);
        }

        stream.EndWriting();
    }
}
