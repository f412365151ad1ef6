using Landline.Protocol.Api;

namespace Landline.Tests.Protocol.Api;

public sealed class HttpMatchTextTests
{
    private static readonly HttpMatch OneHeader = new() { Headers = [new HttpValueMatch { Name = "x-user", Value = "alice" }] };

    [Fact]
    public void No_filter_is_all_traffic() => Assert.Equal("all traffic", HttpMatchText.Of(null));

    [Fact]
    public void A_filter_without_rules_is_all_requests() => Assert.Equal("all requests", HttpMatchText.Of(new HttpMatch()));

    [Fact]
    public void One_rule_stands_alone() => Assert.Equal("header x-user=alice", HttpMatchText.Of(OneHeader));

    [Fact]
    public void Every_rule_is_told() => Assert.Equal(
        "header x-user=alice, baggage user=~^ali, path ~^/a and method GET or PUT",
        HttpMatchText.Of(OneHeader with
        {
            Baggage = [new HttpValueMatch { Name = "user", Regex = "^ali" }],
            Path = new HttpPathMatch { Regex = "^/a" },
            Methods = ["GET", "PUT"],
        }));

    [Fact]
    public void A_whole_path_and_the_beginning_of_one_differ()
    {
        Assert.Equal("path /api", HttpMatchText.Of(new HttpMatch { Path = new HttpPathMatch { Exact = "/api" } }));
        Assert.Equal("path /api*", HttpMatchText.Of(new HttpMatch { Path = new HttpPathMatch { Prefix = "/api" } }));
    }
}
