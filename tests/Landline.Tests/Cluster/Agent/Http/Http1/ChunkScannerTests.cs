using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Agent.Http.Http1;

namespace Landline.Tests.Cluster.Agent.Http.Http1;

public sealed class ChunkScannerTests
{
    [Theory]
    [InlineData("0\r\n\r\n")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("A;x=\"y\"\r\n0123456789\r\n0000;z\r\n\r\n")]
    [InlineData("a \r\n0\r\n\r\n45678\r\n0\r\nTrailer: 1\r\nOther:2\r\n\r\n")]
    public void A_body_ends_where_its_last_chunk_and_trailers_end_however_it_is_cut(string body)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(body + "GET");
        for (int step = 1; step <= bytes.Length; step++)
        {
            var scanner = new ChunkScanner();
            scanner.Reset();
            int taken = 0;
            for (int start = 0; start < bytes.Length; start += step)
            {
                taken += scanner.Scan(bytes.AsSpan(start, Math.Min(step, bytes.Length - start)));
            }

            Assert.True(scanner.IsComplete);
            Assert.Equal(body.Length, taken);
        }
    }

    [Theory]
    [InlineData("\r\n", 0)]
    [InlineData("x\r\n", 0)]
    [InlineData("5\nhello", 1)]
    [InlineData("5\r\rhello", 2)]
    [InlineData("5\r\nhelloX", 8)]
    [InlineData("5\r\nhello\rX", 9)]
    [InlineData("5;a\nb\r\n", 3)]
    [InlineData("0\r\na\n", 4)]
    [InlineData("-5\r\n", 0)]
    [InlineData("0x5\r\n", 1)]
    [InlineData("1000000000000000\r\n", 15)]
    public void What_is_no_chunk_is_noticed_at_the_byte_that_is_wrong(string body, int taken)
    {
        var scanner = new ChunkScanner();
        scanner.Reset();

        Assert.Equal(taken, scanner.Scan(Encoding.Latin1.GetBytes(body)));
        Assert.True(scanner.IsInvalid);
    }

    [Fact]
    public void Extensions_and_trailers_without_end_are_not_followed()
    {
        var scanner = new ChunkScanner();
        scanner.Reset();
        scanner.Scan("1;"u8);
        scanner.Scan(new byte[70_000].AsSpan().ToArray().Select(_ => (byte)'x').ToArray());
        Assert.True(scanner.IsInvalid);
    }

    [Fact]
    public void Any_garbage_is_taken_or_refused_and_never_an_exception() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            var scanner = new ChunkScanner();
            scanner.Reset();
            return scanner.Scan(bytes) is var taken && taken >= 0 && taken <= bytes.Length;
        }).Check(Config.QuickThrowOnFailure);
}
