using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>
/// Promises 1 and 10: whatever dies or hangs while a workload is intercepted, its callers reach the workstation or the
/// original, and fail, if at all, inside the window of the promise. A pod calls 200 times a second throughout.
/// </summary>
[Collection(SharedAttachScene.Name)]
public sealed class FaultTests(AttachScene scene) : ClusterTest(scene)
{
    /// <summary>Where a process died: what was under way fails, what comes next does not.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    /// <summary>Where something hangs or a link is gone.</summary>
    private static readonly TimeSpan WhenItHangs = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Back = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public Task Agents_killed() => BreakAsync(AtOnce, () => AgentProcesses.SignalAgentsAsync("KILL"), comesBack: true);

    [ClusterFact]
    public Task Agents_stopped() => BreakAsync(WhenItHangs, () => AgentProcesses.SignalAgentsAsync("STOP"), comesBack: true);

    [ClusterFact]
    public Task Agents_pods_deleted() => BreakAsync(
        AtOnce,
        async () =>
        {
            int[] agents = AgentProcesses.Agents();
            await Kubectl.SucceedAsync(
                "-n", LabFixture.ManagerNamespace, "delete", "pod", "-l", "app.kubernetes.io/name=landline-agent", "--grace-period=0", "--force");
            await Eventually.TrueAsync(Back, "the agents are gone", () => Task.FromResult(!AgentProcesses.Agents().Intersect(agents).Any()));
        },
        comesBack: true);

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
        await InterceptAsync();
        Calls calls;
        DateTimeOffset began;
        DateTimeOffset broken;
        try
        {
            await Eventually.TrueAsync(Back, "the workstation answers", async () => await AskAsync() == Handler.Name);
            await using Caller caller = await Caller.StartAsync(Namespace.Name, AttachScene.Workload);
            await Eventually.TrueAsync(Back, "the workstation answers", async () => await AskAsync() == Handler.Name);
            began = TimeProvider.System.GetUtcNow();
            await breakIt();
            broken = TimeProvider.System.GetUtcNow();
            await Eventually.TrueAsync(
                window + AtOnce, "the original answers", async () => await TryAskAsync() is { } who && who.StartsWith("hello from web-", StringComparison.Ordinal));
            if (mend is not null)
            {
                await mend();
            }

            if (comesBack)
            {
                await Eventually.TrueAsync(Back, "the workstation answers again", async () => await TryAskAsync() == Handler.Name);
            }

            calls = await caller.StopAsync();
        }
        finally
        {
            await Laptop.Root.LandlineAsync("detach", AttachScene.Workload);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(calls.ToString());
        calls.AssertErrorsWithin(began, broken, window);
        Assert.True(calls.By(Handler.Name) > 0 && calls.By("original") > 0, calls.ToString());
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, Back);
    }

    private Task<string> AskAsync() => Caller.AskAsync(Namespace.Name, AttachScene.Workload);

    private Task<string?> TryAskAsync() => Caller.TryAskAsync(Namespace.Name, AttachScene.Workload);

    private static async Task InterceptAsync() =>
        (await Laptop.Root.LandlineAsync("intercept", AttachScene.Workload, "-p", "8080:8080", "--mount", "false")).Succeeded();
}
