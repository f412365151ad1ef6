using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>
/// Promises 1 and 10: whatever dies or hangs while a workload is intercepted, its callers reach the workstation or the
/// original, and fail, if at all, inside the window of the promise. A pod calls 200 times a second throughout. Beside that workload one
/// is intercepted by a filter, which a pod calls on connections that it keeps.
/// </summary>
[Collection(SharedAttachScene.Name)]
public sealed class FaultTests(AttachScene scene) : ClusterTest(scene), IClassFixture<FaultTests.Addition>
{
    private const string Filtered = "filtered";

    private const string Header = "x-user";

    private const string Ours = "alice";

    private static readonly string[] Matching = ["-H", $"{Header}: {Ours}"];

    /// <summary>What is intercepted by a filter.</summary>
    public sealed class Addition(AttachScene scene) : SceneAddition(scene)
    {
        protected override Task DeployAsync() => Scene.Namespace.DeployAsync(TestServer.Deployment(Filtered));
    }

    /// <summary>Where a process died: what was under way fails, what comes next does not.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    /// <summary>Where something hangs or a link is gone.</summary>
    private static readonly TimeSpan WhenItHangs = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Back = TimeSpan.FromSeconds(60);

    [ClusterFact]
    public Task Agents_killed() => BreakAsync(AtOnce, () => AgentProcesses.SignalAgentsAsync("KILL"), comesBack: true);

    [ClusterFact]
    public Task Agents_stopped() => BreakAsync(WhenItHangs, () => AgentProcesses.SignalAgentsAsync("STOP"), comesBack: true);

    [ClusterFact]
    public Task Agents_pods_deleted() => BreakAsync(AtOnce, AgentProcesses.RemoveAsync, comesBack: true);

    [ClusterFact]
    public Task Manager_killed() => BreakAsync(AtOnce, () => AgentProcesses.SignalManagerAsync("KILL"), comesBack: true);

    [ClusterFact]
    public Task Manager_stopped() => BreakAsync(
        WhenItHangs, () => AgentProcesses.SignalManagerAsync("STOP"), comesBack: true, () => AgentProcesses.SignalManagerAsync("CONT"));

    [ClusterFact]
    public Task Daemon_stopped() => BreakAsync(
        WhenItHangs, () => LaptopProcesses.SignalDaemonsAsync("STOP"), comesBack: true, () => LaptopProcesses.SignalDaemonsAsync("CONT"));

    [ClusterFact]
    public Task Daemon_killed() => BreakAsync(
        AtOnce,
        async () => await LaptopProcesses.KillAsync(await LaptopProcesses.DaemonsAsync()),
        comesBack: false,
        async () => await Laptop.Root.ConnectAsync(Namespace.Name));

    [ClusterFact]
    public Task Workstation_cut_off() => BreakAsync(WhenItHangs, Lab.CutAsync, comesBack: true, Lab.HealAsync);

    private async Task BreakAsync(TimeSpan window, Func<Task> breakIt, bool comesBack, Func<Task>? mend = null)
    {
        await using Handler handler = await Handler.StartAsync(8080);
        await InterceptAsync(AttachScene.Workload);
        await InterceptAsync(Filtered, "--http-header", $"{Header}={Ours}");
        Calls calls;
        Calls matching;
        DateTimeOffset began;
        DateTimeOffset broken;
        try
        {
            await Eventually.TrueAsync(Back, "the workstation answers", WorkstationAnswersAsync);
            await using Caller caller = await Caller.StartAsync(Namespace.Name, AttachScene.Workload);
            await using Caller keeping = await Caller.StartKeepingAsync(Namespace.Name, Filtered, Header, Ours);
            await Eventually.TrueAsync(Back, "the workstation answers", WorkstationAnswersAsync);
            began = TimeProvider.System.GetUtcNow();
            try
            {
                await breakIt();
                broken = TimeProvider.System.GetUtcNow();
                await Task.WhenAll(OriginalAnswersAsync(AttachScene.Workload, window), OriginalAnswersAsync(Filtered, window, Matching));
            }
            finally
            {
                if (mend is not null)
                {
                    await mend();
                }
            }

            if (comesBack)
            {
                await Eventually.TrueAsync(Back, "the workstation answers again", WorkstationAnswersAsync);
            }

            calls = await caller.StopAsync();
            matching = await keeping.StopAsync();
        }
        finally
        {
            await Laptop.Root.LandlineAsync("detach", AttachScene.Workload);
            await Laptop.Root.LandlineAsync("detach", Filtered);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{calls}\nmatching: {matching}");
        calls.AssertErrorsWithin(began, broken, window);
        Assert.True(calls.By(Handler.Name) > 0 && calls.By("original") > 0, calls.ToString());

        // What hangs for a moment may have been all that its few connections did in that time, and be answered after it.
        matching.AssertErrorsWithin(began, broken, window);
        Assert.True(matching.By(Handler.Name) > 0, matching.ToString());

        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, Back);
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, Back, Filtered);
    }

    private async Task<bool> WorkstationAnswersAsync() =>
        await AskAsync(AttachScene.Workload) == Handler.Name && await AskAsync(Filtered, Matching) == Handler.Name;

    // Until the next agent is there, which takes a few seconds: a call that hangs must not last as long.
    private Task OriginalAnswersAsync(string workload, TimeSpan window, params string[] curl) => Eventually.TrueAsync(
        window + AtOnce,
        $"the original answers for {workload}",
        async () => (await AskAsync(workload, [.. curl, "--max-time", "1"]))?.StartsWith("hello from ", StringComparison.Ordinal) == true);

    private Task<string?> AskAsync(string workload, params string[] curl) => Caller.TryAskAsync(Namespace.Name, workload, curl);

    private static async Task InterceptAsync(string workload, params string[] filter) =>
        (await Laptop.Root.LandlineAsync(["intercept", workload, "-p", "8080:8080", "--mount", "false", .. filter])).Succeeded();
}
