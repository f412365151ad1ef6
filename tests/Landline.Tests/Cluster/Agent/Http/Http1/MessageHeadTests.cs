using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Agent.Http.Http1;

namespace Landline.Tests.Cluster.Agent.Http.Http1;

public sealed class MessageHeadTests
{
    private const string Request = "POST /a?b HTTP/1.1\r\nHost: shop\r\nContent-Length: 12\r\nX-Empty:\r\nX-Space: \t a b \t\r\n\r\n";

    [Fact]
    public void A_request_head_is_taken_apart_without_a_copy()
    {
        var head = new RequestHead();
        byte[] bytes = Bytes(Request + "body");

        Assert.Equal(HeadStatus.Complete, head.Parse(bytes));

        Assert.Equal(Request.Length, head.Length);
        Assert.Equal("POST"u8, head.Method(bytes));
        Assert.Equal("/a?b"u8, head.Target(bytes));
        Assert.Equal(12, head.ContentLength);
        Assert.True(head.HasBody);
        Assert.False(head.IsIdempotent);
        Assert.Equal(
            ["Host=shop", "Content-Length=12", "X-Empty=", "X-Space=a b"],
            head.Fields.ToArray().Select(field => $"{Text(field.Name(bytes))}={Text(field.Value(bytes))}"));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", false, -1L, false)]
    [InlineData("GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n", true, -1L, false)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", true, -1L, false)]
    [InlineData("GET / HTTP/1.0\r\nconnection:keep-alive\r\n\r\n", false, -1L, false)]
    [InlineData("PUT / HTTP/1.1\r\ncontent-LENGTH:0\r\n\r\n", false, 0L, false)]
    [InlineData("PUT / HTTP/1.1\r\nContent-Length: 999999999999999999\r\n\r\n", false, 999_999_999_999_999_999L, false)]
    [InlineData("PUT / HTTP/1.1\r\nTRANSFER-ENCODING: Chunked\r\n\r\n", false, -1L, true)]
    public void What_matters_for_framing_is_found(string text, bool ends, long length, bool isChunked)
    {
        var head = new RequestHead();

        Assert.Equal(HeadStatus.Complete, head.Parse(Bytes(text)));

        Assert.Equal((ends, length, isChunked), (head.EndsConnection, head.ContentLength, head.IsChunked));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 204\r\n\r\n", 204)]
    [InlineData("HTTP/1.0 404 \r\nX: y\r\n\r\n", 404)]
    [InlineData("HTTP/1.1 099 No\r\n\r\n", -1)]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n", -1)]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n", -1)]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n", -1)]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n", -1)]
    [InlineData("ICY 200 OK\r\n\r\n", -1)]
    [InlineData("SSH-2.0-x", -1)]
    public void A_response_head_has_a_status_or_is_not_understood(string text, int status)
    {
        var head = new ResponseHead();

        HeadStatus result = head.Parse(Bytes(text));

        Assert.Equal(status < 0 ? HeadStatus.NotUnderstood : HeadStatus.Complete, result);
        Assert.True(status < 0 || head.Status == status);
    }

    [Fact]
    public void However_a_head_is_cut_it_is_complete_with_its_last_byte_and_not_before()
    {
        byte[] bytes = Bytes("\r\n" + Request);
        for (int step = 1; step <= 7; step++)
        {
            var head = new RequestHead();
            for (int length = step; length < bytes.Length; length += step)
            {
                Assert.Equal(HeadStatus.Incomplete, head.Parse(bytes.AsSpan(0, length)));
            }

            Assert.Equal(HeadStatus.Complete, head.Parse(bytes));
            Assert.Equal(bytes.Length, head.Length);
        }
    }

    [Fact]
    public void Any_garbage_is_incomplete_or_not_understood_and_never_an_exception()
    {
        Gen<string> piece = Gen.Elements("GET ", "/", " HTTP/1.1", "HTTP/1.1 200", "\r\n", "\r", "\n", ":", " ", "Content-Length", "5", "Transfer-Encoding", "chunked", "\0", "\u00ff", "a");
        Prop.ForAll(Gen.ListOf(piece).ToArbitrary(), pieces =>
        {
            byte[] bytes = Bytes(string.Concat(pieces));
            var request = new RequestHead();
            var whole = request.Parse(bytes);
            new ResponseHead().Parse(bytes);

            // Cutting must not change the verdict, only delay it.
            var cut = new RequestHead();
            HeadStatus last = HeadStatus.Incomplete;
            for (int length = 1; length <= bytes.Length && last == HeadStatus.Incomplete; length++)
            {
                last = cut.Parse(bytes.AsSpan(0, length));
            }

            return last == whole && (whole != HeadStatus.Complete || cut.Length == request.Length);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void What_an_edit_removes_and_adds_is_all_that_changes()
    {
        byte[] bytes = Bytes("GET / HTTP/1.1\r\nA: 1\r\nUpgrade:  H2C \r\nHTTP2-Settings:x\r\nB: 2\r\n\r\n");
        var head = new RequestHead();
        Assert.Equal(HeadStatus.Complete, head.Parse(bytes));

        Assert.True(HeadEdits.IsH2cUpgrade(head.Fields, bytes));
        Assert.Equal("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n", Text(HeadEdits.Apply(bytes, head.Fields, null)));
        Assert.Equal("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nX-Forwarded-For: ::1\r\n\r\n", Text(HeadEdits.Apply(bytes, head.Fields, "::1")));
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
