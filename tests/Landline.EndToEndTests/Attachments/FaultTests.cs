using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>
/// Promises 1, 9 and 10: whatever dies or hangs while a workload is intercepted, its callers reach the workstation or the
/// original, and fail, if at all, inside the window of the promise. A pod calls 200 times a second throughout.
/// </summary>
[Collection(SharedAttachScene.Name)]
public sealed class FaultTests(AttachScene scene) : ClusterTest(scene)
{
    /// <summary>Where a process died: what was under way fails, what comes next does not.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    /// <summary>Where something hangs or a link is gone.</summary>
    private static readonly TimeSpan WhenItHangs = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PastCourtesy = TimeSpan.FromSeconds(2.5);

    private static readonly TimeSpan PodsEnd = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Back = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public Task Agents_killed() => BreakAsync(AtOnce, () => AgentProcesses.SignalAgentsAsync("KILL"), comesBack: true);

    [ClusterFact]
    public Task Agents_stopped() => BreakAsync(WhenItHangs, () => AgentProcesses.SignalAgentsAsync("STOP"), comesBack: true);

    [ClusterFact]
    public Task Agents_pods_deleted() => BreakAsync(
        AtOnce,
        async () => await Kubectl.SucceedAsync(
            "-n", LabFixture.ManagerNamespace, "delete", "pod", "-l", "app.kubernetes.io/name=landline-agent", "--grace-period=0", "--force"),
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

    [ClusterFact]
    public Task A_workload_that_is_scaled_is_served_throughout() => ChangeAsync(async () =>
    {
        await ScaleAsync(4);
        await ScaleAsync(1);
    });

    [ClusterFact]
    public Task A_workload_that_is_restarted_is_served_throughout() => ChangeAsync(async () =>
    {
        await Namespace.KubectlAsync("rollout", "restart", "deployment/web");
        await RolledOutAsync();
    });

    [ClusterFact(Timeout = 300_000)]
    public async Task Attaching_and_detaching_over_and_over_fails_no_call()
    {
        await using Handler handler = await Handler.StartAsync(8080);
        await using Caller caller = await Caller.StartAsync(Namespace.Name, AttachScene.Workload);
        for (int round = 0; round < Endurance.Rounds; round++)
        {
            await InterceptAsync();
            if (round % 10 == 0)
            {
                // Long enough that connections of before are reset: none of those that come after may be.
                await Task.Delay(PastCourtesy, TimeProvider.System, TestContext.Current.CancellationToken);
            }

            await DetachAsync();
        }

        Calls calls = await caller.StopAsync();
        Assert.True(calls.Errors.Length == 0, calls.ToString());
        Assert.True(calls.By(Handler.Name) > 0 && calls.By("original") > 0, calls.ToString());
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, WhenItHangs);
    }

    [ClusterFact]
    public async Task A_handler_that_is_stopped_kills_no_pod()
    {
        string before = await AttachScene.WorkloadAsync(Namespace.Name);
        await using Handler handler = await Handler.StartAsync(8080);
        await InterceptAsync();
        try
        {
            Assert.Equal(Handler.Name, await AskAsync());
            await Handler.SignalAsync(8080, "STOP");

            // The deployment's probe fails three times, a second apart, before a pod is not ready any more; each may take a second itself.
            await using Caller caller = await Caller.StartAsync(Namespace.Name, AttachScene.Workload);
            await Task.Delay(TimeSpan.FromSeconds(7), TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.Equal("2", await Namespace.KubectlAsync("get", "deployment", "web", "-o", "jsonpath={.status.readyReplicas}"));
            await Handler.SignalAsync(8080, "CONT");
            await caller.StopAsync();
        }
        finally
        {
            await DetachAsync();
        }

        Assert.Equal(before, await AttachScene.WorkloadAsync(Namespace.Name));
    }

    // The pods have the time that a well-kept workload gives them: without Landline nobody would notice, and so it must be with it.
    private async Task ChangeAsync(Func<Task> change)
    {
        await Namespace.KubectlAsync("patch", "deployment/web", "-p", $$$"""{"spec": {"template": {"spec": {"terminationGracePeriodSeconds": {{{PodsEnd.TotalSeconds}}} } } } }""");
        await ScaleAsync(1);
        await using Handler handler = await Handler.StartAsync(8080);
        await InterceptAsync();
        Calls calls;
        try
        {
            await using Caller caller = await Caller.StartAsync(Namespace.Name, AttachScene.Workload);
            await change();

            // Until those that were told to go have gone.
            await Task.Delay(PodsEnd + AtOnce, TimeProvider.System, TestContext.Current.CancellationToken);
            await Eventually.TrueAsync(Back, "the workstation answers", async () => await TryAskAsync() == Handler.Name);
            calls = await caller.StopAsync();
        }
        finally
        {
            await DetachAsync();
            await ScaleAsync(2);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(calls.ToString());
        Assert.True(calls.Errors.Length == 0, calls.ToString());
        Assert.True(calls.By(Handler.Name) > 200, calls.ToString());
    }

    private async Task ScaleAsync(int replicas)
    {
        await Namespace.KubectlAsync("scale", "deployment/web", $"--replicas={replicas}");
        await RolledOutAsync();
    }

    private async Task RolledOutAsync()
    {
        await Namespace.KubectlAsync("rollout", "status", "deployment/web", "--timeout=60s");
        string replicas = await Namespace.KubectlAsync("get", "deployment/web", "-o", "jsonpath={.spec.replicas}");
        await Eventually.TrueAsync(
            Back, "the pods that are too many are told to go", async () => $"{(await AttachScene.PodsAsync(Namespace.Name)).Length}" == replicas);
    }

    private async Task BreakAsync(TimeSpan window, Func<Task> breakIt, bool comesBack, Func<Task>? mend = null)
    {
        await using Handler handler = await Handler.StartAsync(8080);
        await InterceptAsync();
        Calls calls;
        DateTimeOffset broken;
        try
        {
            await Eventually.TrueAsync(Back, "the workstation answers", async () => await AskAsync() == Handler.Name);
            await using Caller caller = await Caller.StartAsync(Namespace.Name, AttachScene.Workload);
            await Eventually.TrueAsync(Back, "the workstation answers", async () => await AskAsync() == Handler.Name);
            broken = TimeProvider.System.GetUtcNow();
            await breakIt();
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
        calls.AssertErrorsWithin(broken, window);
        Assert.True(calls.By(Handler.Name) > 0 && calls.By("original") > 0, calls.ToString());
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, Back);
    }

    private Task<string> AskAsync() => Caller.AskAsync(Namespace.Name, AttachScene.Workload);

    private Task<string?> TryAskAsync() => Caller.TryAskAsync(Namespace.Name, AttachScene.Workload);

    private static async Task InterceptAsync() =>
        (await Laptop.Root.LandlineAsync("intercept", AttachScene.Workload, "-p", "8080:8080", "--mount", "false")).Succeeded();

    private static async Task DetachAsync() => (await Laptop.Root.LandlineAsync("detach", AttachScene.Workload)).Succeeded();
}
