using System.Text;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Protocol.Api;

namespace Landline.Tests.Cluster.Agent.Http.Filters;

public sealed class HttpFilterTests
{
    [Theory]
    [InlineData("x-user: alice", true)]
    [InlineData("X-USER: alice", true)]
    [InlineData("x-user: Alice", false)]
    [InlineData("x-user: alice2", false)]
    [InlineData("x-user2: alice", false)]
    [InlineData("x-user: alice|x-user: bob", false)]
    [InlineData("x-user: bob|x-user: alice", false)]
    [InlineData("other: alice", false)]
    [InlineData("", false)]
    public void A_header_matches_when_its_whole_value_is_the_one_that_is_wanted(string headers, bool matches) =>
        Assert.Equal(matches, Matches(new HttpMatch { Headers = [Exact("X-User", "alice")] }, headers: headers));

    [Theory]
    [InlineData("^ali", "alice", true)]
    [InlineData("^ali", "malice", false)]
    [InlineData("lic", "malice", true)]
    [InlineData("^(alice|bob)$", "bob", true)]
    [InlineData("^ü+$", "üü", true)]
    [InlineData("^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", false)]
    public void A_header_expression_matches_somewhere_in_the_value(string expression, string value, bool matches) =>
        Assert.Equal(matches, Matches(new HttpMatch { Headers = [Regex("x-user", expression)] }, headers: "x-user: " + value));

    [Fact]
    public void A_value_of_any_length_can_be_compared_with_an_expression() =>
        Assert.True(Matches(new HttpMatch { Headers = [Regex("x", "end$")] }, headers: "x: " + new string('x', 60_000) + "end"));

    [Theory]
    [InlineData("/a", null, null, "/a", true)]
    [InlineData("/a", null, null, "/a?q=1", true)]
    [InlineData("/a", null, null, "/a/", false)]
    [InlineData("/a", null, null, "http://host:80/a?b", true)]
    [InlineData("/", null, null, "http://host", true)]
    [InlineData("/", null, null, "http://host?x=/a", true)]
    [InlineData("*", null, null, "*", true)]
    [InlineData(null, "/api", null, "/api/x", true)]
    [InlineData(null, "/api", null, "/apix", true)]
    [InlineData(null, "/api", null, "/x/api", false)]
    [InlineData(null, "/api", null, "/x?/api", false)]
    [InlineData(null, null, "^/v[0-9]+/", "/v12/x", true)]
    [InlineData(null, null, "^/v[0-9]+/", "/x/v12/", false)]
    public void A_path_matches_exactly_by_prefix_or_by_expression_without_its_query(
        string? exact, string? prefix, string? regex, string target, bool matches) =>
        Assert.Equal(
            matches, Matches(new HttpMatch { Path = new HttpPathMatch { Exact = exact, Prefix = prefix, Regex = regex } }, target: target));

    [Theory]
    [InlineData("GET", true)]
    [InlineData("POST", true)]
    [InlineData("PUT", false)]
    [InlineData("get", false)]
    public void A_method_matches_one_of_those_wanted(string method, bool matches) =>
        Assert.Equal(matches, Matches(new HttpMatch { Methods = ["get", "POST"] }, method));

    [Theory]
    [InlineData("baggage: user=alice", true)]
    [InlineData("baggage: a=b, user = alice ;p=1,c=d", true)]
    [InlineData("baggage: a=b|baggage: user=al%69ce", true)]
    [InlineData("baggage: user=bob,user=alice", false)]
    [InlineData("baggage: User=alice", false)]
    [InlineData("baggage: user", false)]
    [InlineData("baggage: user=%", false)]
    [InlineData("baggage: ,,=,;=;", false)]
    [InlineData("user: alice", false)]
    public void A_baggage_member_matches_by_its_decoded_value(string headers, bool matches) =>
        Assert.Equal(matches, Matches(new HttpMatch { Baggage = [Exact("user", "alice")] }, headers: headers));

    [Fact]
    public void Every_part_that_is_given_must_match()
    {
        var match = new HttpMatch
        {
            Headers = [Exact("a", "1"), Exact("b", "2")],
            Path = new HttpPathMatch { Prefix = "/x" },
            Methods = ["GET"],
        };

        Assert.True(Matches(match, "GET", "/x/y", "b: 2|a: 1"));
        Assert.False(Matches(match, "GET", "/x/y", "a: 1"));
        Assert.False(Matches(match, "GET", "/y", "b: 2|a: 1"));
        Assert.False(Matches(match, "PUT", "/x/y", "b: 2|a: 1"));
        Assert.True(HttpFilter.Everything.Matches(new RequestView("PUT"u8, "/"u8, default, default)));
    }

    [Fact]
    public void Host_is_what_HTTP2_calls_authority() =>
        Assert.True(Matches(new HttpMatch { Headers = [Exact("Host", "shop")] }, headers: ":authority: shop"));

    [Theory]
    [InlineData("(a", "The header x is invalid: ")]
    [InlineData("(?=a)", "The header x has a regular expression that looks around or refers back, which is not supported.")]
    [InlineData("(a)\\1", "The header x has a regular expression that looks around or refers back, which is not supported.")]
    public void An_expression_that_cannot_be_used_is_named(string expression, string sentence)
    {
        Assert.False(HttpFilter.TryCompile(new HttpMatch { Headers = [Regex("x", expression)] }, out _, out string? problem));
        Assert.StartsWith(sentence, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_without_a_value_is_named()
    {
        Assert.False(HttpFilter.TryCompile(new HttpMatch { Baggage = [new HttpValueMatch { Name = "x" }] }, out _, out string? problem));
        Assert.Equal("The baggage member x is invalid: it needs either a value or an expression.", problem);
    }

    internal static HttpValueMatch Exact(string name, string value) => new() { Name = name, Value = value };

    internal static HttpValueMatch Regex(string name, string expression) => new() { Name = name, Regex = expression };

    internal static HttpFilter Compile(HttpMatch match)
    {
        Assert.True(HttpFilter.TryCompile(match, out HttpFilter filter, out string? problem), problem);
        return filter;
    }

    /// <param name="headers">Lines of <c>name: value</c>, separated by |.</param>
    internal static bool Matches(HttpFilter filter, string method, string target, string headers)
    {
        byte[] block = Encoding.UTF8.GetBytes(headers);
        var fields = new List<FieldLine>();
        int start = 0;
        foreach (string line in headers.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            int name = Encoding.UTF8.GetByteCount(line[..line.IndexOf(": ", StringComparison.Ordinal)]);
            int length = Encoding.UTF8.GetByteCount(line);
            fields.Add(new FieldLine(start, name, start + name + 2, length - name - 2));
            start += length + 1;
        }

        return filter.Matches(new RequestView(Encoding.ASCII.GetBytes(method), Encoding.ASCII.GetBytes(target), block, fields.ToArray()));
    }

    private static bool Matches(HttpMatch match, string method = "GET", string target = "/", string headers = "") =>
        Matches(Compile(match), method, target, headers);
}
