using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>A workload's traffic comes to the workstation, and nothing else changes.</summary>
[Collection(WebOfCommonScene.Name)]
public sealed class InterceptTests(CommonScene scene) : ClusterTest(scene)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public async Task All_replicas_traffic_comes_here_and_goes_back_and_the_workload_is_the_same()
    {
        string before = await AttachScene.WorkloadAsync(Namespace.Name);
        await using Handler handler = await Handler.StartAsync(8080);
        await InterceptAsync("-p", "8080:8080");
        try
        {
            Assert.All(await AskTimesAsync(12), answer => Assert.Equal(Handler.Name, answer));
        }
        finally
        {
            await DetachAsync();
        }

        Assert.All(await AskTimesAsync(6), answer => Assert.StartsWith("hello from web-", answer, StringComparison.Ordinal));

        Assert.Equal(before, await AttachScene.WorkloadAsync(Namespace.Name));
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, Soon);
    }

    [ClusterFact]
    public async Task A_header_decides_request_by_request()
    {
        await using Handler handler = await Handler.StartAsync(8081);
        await InterceptAsync("-p", "8081:8080", "--http-header", "x-user=~^ali");
        try
        {
            Assert.Equal(Handler.Name, await AskAsync("-H", "X-User: alice"));
            Assert.StartsWith("hello from web-", await AskAsync("-H", "X-User: bob"), StringComparison.Ordinal);
            Assert.StartsWith("hello from web-", await AskAsync(), StringComparison.Ordinal);
        }
        finally
        {
            await DetachAsync();
        }
    }

    [ClusterFact]
    public async Task Where_nobody_listens_the_original_answers_without_a_single_error()
    {
        await InterceptAsync("-p", "8082:8080");
        Calls calls;
        try
        {
            await using Caller caller = await Caller.StartAsync(Namespace.Name, AttachScene.Workload);
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, TestContext.Current.CancellationToken);
            calls = await caller.StopAsync();
        }
        finally
        {
            await DetachAsync();
        }

        calls.AssertNoneFailed();
        Assert.True(calls.By("original") > 20, calls.ToString());
    }

    [ClusterFact]
    public async Task What_is_taken_or_unknown_is_refused_in_one_sentence()
    {
        await InterceptAsync("-p", "8080:8080");
        try
        {
            ProgramResult taken = await Laptop.Root.LandlineAsync("intercept", "second", "-w", AttachScene.Workload, "-p", "8090:8080");
            Assert.Contains("8080", taken.FailedWithAdvice().Sentence, StringComparison.Ordinal);
        }
        finally
        {
            await DetachAsync();
        }

        ProgramResult unknown = await Laptop.Root.LandlineAsync("intercept", "second", "-w", "nosuch", "-p", "8090");
        Assert.Contains("nosuch", unknown.FailedWithAdvice().Sentence, StringComparison.Ordinal);
        ProgramResult ambiguous = await Laptop.Root.LandlineAsync("intercept", "second", "-w", AttachScene.Workload);
        Assert.Contains("8080", ambiguous.Errors, StringComparison.Ordinal);
        ambiguous.FailedWithAdvice();
        Assert.Equal("", await Namespace.KubectlAsync("get", "attachments.landline.dev", "second", "--ignore-not-found", "-o", "name"));
    }

    [ClusterFact]
    public async Task Deleting_the_attachment_in_the_cluster_revokes_it()
    {
        await using Handler handler = await Handler.StartAsync(8080);
        await InterceptAsync("-p", "8080:8080");
        Assert.Equal(Handler.Name, await AskAsync());

        await Namespace.KubectlAsync("delete", "attachment.landline.dev", AttachScene.Workload);

        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(2),
            "the original answers",
            async () => await Caller.TryAskAsync(Namespace.Name, AttachScene.Workload) is { } who && who.StartsWith("hello from web-", StringComparison.Ordinal));
        Assert.Contains(AttachScene.Workload, await Laptop.Root.SucceedAsync(SourceTree.Landline, "status"), StringComparison.Ordinal);
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, Soon);
    }

    [ClusterFact]
    public async Task A_replica_that_appears_later_is_attached_too()
    {
        await using Handler handler = await Handler.StartAsync(8080);
        await InterceptAsync("-p", "8080:8080");
        try
        {
            await Namespace.KubectlAsync("scale", "deployment/web", "--replicas=4");
            await Namespace.KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s");
            await Eventually.TrueAsync(
                Soon,
                "all four are captured",
                async () => (await Namespace.KubectlAsync("get", "attachments.landline.dev", AttachScene.Workload, "-o", "jsonpath={.status.pods[*].state}"))
                    .Split(' ').Count(state => state == "Captured") == 4);
            Assert.All(await AskTimesAsync(20), answer => Assert.Equal(Handler.Name, answer));
        }
        finally
        {
            await Laptop.Root.LandlineAsync("detach", AttachScene.Workload);
            await AttachScene.ScaleDownAsync(Namespace.Name, 2);
        }
    }

    private Task<string> AskAsync(params string[] curl) => Caller.AskAsync(Namespace.Name, AttachScene.Workload, curl);

    private Task<string[]> AskTimesAsync(int count) => Caller.AskTimesAsync(Namespace.Name, AttachScene.Workload, count);

    private static async Task InterceptAsync(params string[] arguments) =>
        (await Laptop.Root.LandlineAsync(["intercept", AttachScene.Workload, "--mount", "false", .. arguments])).Succeeded();

    private static async Task DetachAsync() => (await Laptop.Root.LandlineAsync("detach", AttachScene.Workload)).Succeeded();
}
