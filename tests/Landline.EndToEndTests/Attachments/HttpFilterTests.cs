using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>Requests that match a filter come to the workstation, all others go to the original.</summary>
[Collection(WebOfCommonScene.Name)]
public sealed class HttpFilterTests(CommonScene scene) : ClusterTest(scene)
{
    private const int Port = 8081;

    [ClusterFact]
    public Task A_header() => AssertRoutesAsync(["--http-header", "x-user=alice"], ("/", ["-H", "X-User: alice"]), ("/", ["-H", "x-user: bob"]));

    [ClusterFact]
    public Task A_member_of_the_baggage() => AssertRoutesAsync(
        ["--http-baggage", "user=alice"], ("/", ["-H", "baggage: tenant=1,user=alice;p=2"]), ("/", ["-H", "baggage: user=bob"]));

    [ClusterFact]
    public Task A_path() => AssertRoutesAsync(["--http-path-equal", "/mine"], ("/mine?a=1", []), ("/mine/too", []));

    [ClusterFact]
    public Task A_path_by_its_beginning() => AssertRoutesAsync(["--http-path-prefix", "/mine"], ("/mine/too", []), ("/yours", []));

    [ClusterFact]
    public Task A_path_by_regular_expression() => AssertRoutesAsync(["--http-path-regex", "^/v[0-9]+/"], ("/v12/items", []), ("/version", []));

    [ClusterFact]
    public Task A_method() => AssertRoutesAsync(["--http-method", "DELETE"], ("/", ["-X", "DELETE"]), ("/", []));

    [ClusterFact]
    public Task All_parts_of_a_filter_must_match() => AssertRoutesAsync(
        ["--http-header", "x-user=alice", "--http-method", "PUT"], ("/", ["-X", "PUT", "-d", "x", "-H", "x-user: alice"]), ("/", ["-H", "x-user: alice"]));

    [ClusterFact]
    public async Task Two_filters_that_no_request_can_match_both_share_a_port_and_another_is_refused_with_the_holders_name()
    {
        await using Handler handler = await Handler.StartAsync(Port);
        try
        {
            (await InterceptAsync("first", "--http-header", "x-user=alice")).Succeeded();
            (await InterceptAsync("second", "--http-header", "x-user=bob")).Succeeded();
            ProgramResult third = await InterceptAsync("third", "--http-path-prefix", "/");

            Assert.Equal(Handler.Name, await AskAsync("/", "-H", "x-user: alice"));
            Assert.Equal(Handler.Name, await AskAsync("/", "-H", "x-user: bob"));
            Assert.StartsWith("hello from web-", await AskAsync("/"), StringComparison.Ordinal);
            Assert.Contains("root@", third.FailedWithAdvice().Sentence, StringComparison.Ordinal);
            Assert.Matches(@"\(header x-user=(alice|bob)\)", third.FailedWithAdvice().Sentence);
        }
        finally
        {
            await Laptop.Root.LandlineAsync("detach", "first");
            await Laptop.Root.LandlineAsync("detach", "second");
        }
    }

    private static Task<ProgramResult> InterceptAsync(string name, params string[] filter) =>
        Laptop.Root.LandlineAsync(["intercept", name, "-w", AttachScene.Workload, "-p", $"{Port}:8080", "--mount", "false", .. filter]);

    private Task<string> AskAsync(string path, params string[] curl) => Caller.AskForAsync(Namespace.Name, AttachScene.Workload, path, curl);

    private async Task AssertRoutesAsync(string[] filter, (string Path, string[] Curl) matching, (string Path, string[] Curl) other)
    {
        await using Handler handler = await Handler.StartAsync(Port);
        (await InterceptAsync("filtered", filter)).Succeeded();
        try
        {
            Assert.Equal(Handler.Name, await AskAsync(matching.Path, matching.Curl));
            Assert.StartsWith("hello from web-", await AskAsync(other.Path, other.Curl), StringComparison.Ordinal);
        }
        finally
        {
            (await Laptop.Root.LandlineAsync("detach", "filtered")).Succeeded();
        }
    }
}
