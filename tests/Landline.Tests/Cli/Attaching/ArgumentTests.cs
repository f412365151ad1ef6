using Landline.Cli.Attaching;
using Landline.Protocol.Api;

namespace Landline.Tests.Cli.Attaching;

public sealed class ArgumentTests
{
    [Theory]
    [InlineData("web", null, "web")]
    [InlineData("deploy/web", "Deployment", "web")]
    [InlineData("Deployment/web", "Deployment", "web")]
    [InlineData("sts/db", "StatefulSet", "db")]
    [InlineData("pod/x", "Pod", "x")]
    [InlineData("ro/shop", "Rollout", "shop")]
    public void A_workload_may_have_its_kind_before_it(string text, string? kind, string name)
    {
        Assert.True(WorkloadArgument.TryParse(text, out AttachmentWorkload? workload));
        Assert.Equal(new AttachmentWorkload { Kind = kind, Name = name }, workload);
    }

    [Theory]
    [InlineData("")]
    [InlineData("deploy/")]
    [InlineData("job/x")]
    [InlineData("deploy/a/b")]
    public void Other_kinds_are_no_workloads(string text) => Assert.False(WorkloadArgument.TryParse(text, out _));

    [Theory]
    [InlineData("x-user=alice", "x-user", "alice", null)]
    [InlineData("x-user=", "x-user", "", null)]
    [InlineData("x-user=a=b", "x-user", "a=b", null)]
    [InlineData("x-user=~^ali", "x-user", null, "^ali")]
    public void A_header_is_a_value_or_an_expression(string text, string name, string? value, string? regex)
    {
        Assert.True(HttpArgument.TryParseValue(text, out HttpValueMatch? match));
        Assert.Equal(new HttpValueMatch { Name = name, Value = value, Regex = regex }, match);
    }

    [Theory]
    [InlineData("x-user")]
    [InlineData("=alice")]
    [InlineData("x user=alice")]
    [InlineData("x-user=~(")]
    [InlineData("x-user=~")]
    [InlineData(@"x-user=~(a)\1")]
    public void A_header_that_no_agent_could_match_is_refused(string text) => Assert.False(HttpArgument.TryParseValue(text, out _));

    [Fact]
    public void Files_go_to_a_folder_of_their_own_or_to_the_one_that_is_named()
    {
        Assert.Equal((true, new MountRequest()), Mount("true"));
        Assert.Equal((true, new MountRequest { ReadOnly = true }), Mount("true:ro"));
        Assert.Equal((true, null), Mount("false"));
        Assert.Equal((true, new MountRequest { Path = "/mnt/web", ReadOnly = true }), Mount("/mnt/web:ro"));
        Assert.Equal((true, new MountRequest { Path = Path.GetFullPath("web") }), Mount("web"));
        Assert.Equal((true, new MountRequest { Path = "/mnt/web" }), Mount("/mnt/web/"));
        Assert.Equal((true, new MountRequest { Path = "/mnt/web", ReadOnly = true }), Mount("/mnt//web/:ro"));
        Assert.False(Mount("false:ro").IsValid);
        Assert.False(Mount("").IsValid);
        Assert.False(Mount(":ro").IsValid);
    }

    private static (bool IsValid, MountRequest? Mount) Mount(string text) => (MountArgument.TryParse(text, out MountRequest? mount), mount);
}
