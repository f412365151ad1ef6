using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Protocol.Api;
using static Landline.Tests.Cluster.Agent.Http.Filters.HttpFilterTests;

namespace Landline.Tests.Cluster.Agent.Http.Filters;

/// <summary>Two attachments share a port only when it is certain that no request matches both.</summary>
public sealed class FilterOverlapTests
{
    public static TheoryData<HttpMatch, HttpMatch, bool> Pairs => new()
    {
        { new(), new(), true },
        { Header("a", "1"), new(), true },
        { Header("a", "1"), Header("a", "1"), true },
        { Header("a", "1"), Header("A", "2"), false },
        { Header("a", "1"), Header("b", "2"), true },
        { Header("a", "x1"), new() { Headers = [Regex("a", "^x")] }, true },
        { Header("a", "1"), new() { Headers = [Regex("a", "^x")] }, false },
        { new() { Headers = [Regex("a", "^y")] }, new() { Headers = [Regex("a", "^x")] }, true },
        { new() { Headers = [Exact("a", "1"), Exact("b", "1")] }, new() { Headers = [Exact("b", "2"), Exact("c", "1")] }, false },
        { new() { Baggage = [Exact("user", "alice")] }, new() { Baggage = [Exact("user", "bob")] }, false },
        { new() { Baggage = [Exact("user", "alice")] }, new() { Baggage = [Exact("USER", "bob")] }, true },
        { new() { Baggage = [Exact("user", "alice")] }, Header("user", "bob"), true },
        { new() { Methods = ["GET"] }, new() { Methods = ["POST", "put"] }, false },
        { new() { Methods = ["GET"] }, new() { Methods = ["POST", "get"] }, true },
        { new() { Methods = ["GET"] }, new(), true },
        { Path(exact: "/a"), Path(exact: "/b"), false },
        { Path(exact: "/a/b"), Path(prefix: "/a"), true },
        { Path(exact: "/b"), Path(prefix: "/a"), false },
        { Path(prefix: "/a"), Path(prefix: "/a/b"), true },
        { Path(prefix: "/a/b"), Path(prefix: "/a/c"), false },
        { Path(exact: "/a"), Path(regex: "^/b"), false },
        { Path(exact: "/b/c"), Path(regex: "^/b"), true },
        { Path(prefix: "/a"), Path(regex: "^/b"), true },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Filters_overlap_unless_it_is_certain_that_they_do_not(HttpMatch a, HttpMatch b, bool overlap)
    {
        Assert.Equal(overlap, HttpFilter.CanBothMatch(Compile(a), Compile(b)));
        Assert.Equal(overlap, HttpFilter.CanBothMatch(Compile(b), Compile(a)));
    }

    /// <summary>The property that the decision exists for, on small alphabets so that matches happen.</summary>
    [Fact]
    public void Whatever_request_matches_two_filters_these_filters_overlap()
    {
        Gen<string> value = Gen.Elements("a", "b", "ab", "a, b");
        Gen<HttpValueMatch> rule = from name in Gen.Elements("x", "y")
                                   from text in value
                                   from isRegex in Gen.Elements(true, false)
                                   select isRegex ? Regex(name, text) : Exact(name, text);
        Gen<HttpPathMatch?> path = from text in Gen.Elements("/", "/a", "/b", "/a/b")
                                   from kind in Gen.Choose(0, 3)
                                   select kind switch { 0 => null, 1 => new HttpPathMatch { Exact = text }, 2 => new HttpPathMatch { Prefix = text }, _ => new HttpPathMatch { Regex = text } };
        Gen<HttpMatch> filter = from headers in Gen.ListOf(rule)
                                from baggage in Gen.ListOf(rule)
                                from route in path
                                from methods in Gen.SubListOf("GET", "PUT")
                                select new HttpMatch { Headers = [.. headers.Take(2)], Baggage = [.. baggage.Take(1)], Path = route, Methods = [.. methods] };
        Gen<string> line = from name in Gen.Elements("x", "y")
                           from text in value
                           from key in Gen.Elements("x", "y")
                           from isBaggage in Gen.Elements(true, false)
                           select isBaggage ? $"baggage: {key}={text}" : $"{name}: {text}";
        Gen<(string, string, string)> request = from method in Gen.Elements("GET", "PUT")
                                                from target in Gen.Elements("/", "/a", "/a/b", "/b?a")
                                                from lines in Gen.ListOf(line)
                                                select (method, target, string.Join('|', lines));

        Prop.ForAll((from a in filter from b in filter from r in request select (a, b, r)).ToArbitrary(), sample =>
        {
            (HttpFilter a, HttpFilter b) = (Compile(sample.a), Compile(sample.b));
            (string method, string target, string headers) = sample.r;
            bool both = Matches(a, method, target, headers) && Matches(b, method, target, headers);
            return !both || HttpFilter.CanBothMatch(a, b);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static HttpMatch Header(string name, string value) => new() { Headers = [Exact(name, value)] };

    private static HttpMatch Path(string? exact = null, string? prefix = null, string? regex = null) =>
        new() { Path = new HttpPathMatch { Exact = exact, Prefix = prefix, Regex = regex } };
}
