using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Agent.Wiretap;
using Landline.Protocol.Api;

namespace Landline.Tests.Cluster.Agent.Wiretap;

public sealed class RequestSifterTests
{
    private const string Hers = "GET /a HTTP/1.1\r\nX-User: alice\r\n\r\n";
    private const string HersWithBody = "POST /b HTTP/1.1\r\nX-User: alice\r\nContent-Length: 4\r\n\r\nbody";
    private const string HersInChunks = "POST /c HTTP/1.1\r\nX-User: alice\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n";
    private const string His = "GET /d HTTP/1.1\r\nX-User: bob\r\n\r\n";
    private const string HisWithBody = "PUT /e HTTP/1.1\r\nContent-Length: 19\r\n\r\nX-User: alice\r\n\r\n\r\n";
    private const string HisInChunks = "PUT /f HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11\r\nX-User: alice\r\n\r\n\r\n0\r\n\r\n";

    [Fact]
    public void Any_requests_in_any_pieces_give_those_that_match_unchanged()
    {
        string[] kinds = [Hers, HersWithBody, HersInChunks, His, HisWithBody, HisInChunks];
        Prop.ForAll<byte[], int>((choices, seed) =>
        {
            string[] requests = [.. choices.Select(choice => kinds[choice % kinds.Length])];
            string expected = string.Concat(requests.Where(request => request is Hers or HersWithBody or HersInChunks));

            (string taken, int begun, bool isBlind) = Sift(string.Concat(requests), new Random(seed));

            return taken == expected && !isBlind
                && begun == requests.Count(request => request is Hers or HersWithBody or HersInChunks);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("\x16\x03\x01\x02\x00")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("GET /a HTTP/1.1\nX-User: alice\n\n")]
    [InlineData("POST /a HTTP/1.1\r\nX-User: alice\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    public void After_what_cannot_be_told_apart_nothing_is_taken(string bytes)
    {
        (string taken, _, bool isBlind) = Sift(His + bytes + Hers, new Random(1));

        Assert.Equal("", taken);
        Assert.True(isBlind);
    }

    [Fact]
    public void A_head_that_is_too_long_is_not_kept_for_ever()
    {
        (_, _, bool isBlind) = Sift("GET /a HTTP/1.1\r\nX: " + new string('x', 70_000), new Random(1));

        Assert.True(isBlind);
    }

    [Fact]
    public void Any_garbage_is_no_error()
    {
        Prop.ForAll<byte[], int>((bytes, seed) =>
        {
            Sift(His + Encoding.Latin1.GetString(bytes), new Random(seed));
            return true;
        }).QuickCheckThrowOnFailure();
    }

    private static (string Taken, int Begun, bool IsBlind) Sift(string text, Random random)
    {
        var match = new HttpMatch { Headers = [new HttpValueMatch { Name = "X-User", Value = "alice" }] };
        Assert.True(HttpFilter.TryCompile(match, out HttpFilter filter, out _));
        var taken = new StringBuilder();
        int begun = 0;
        using var sifter = new RequestSifter(filter, () => begun++, bytes => taken.Append(Encoding.Latin1.GetString(bytes)));
        byte[] all = Encoding.Latin1.GetBytes(text);
        for (int at = 0; at < all.Length;)
        {
            int length = Math.Min(random.Next(1, 60), all.Length - at);
            sifter.Add(all.AsSpan(at, length));
            at += length;
        }

        return (taken.ToString(), begun, sifter.IsBlind);
    }
}
