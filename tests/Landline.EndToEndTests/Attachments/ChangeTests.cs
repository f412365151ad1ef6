using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>
/// Nothing dies and nothing hangs, but what is attached to changes, or stops answering: no call of a pod that calls 200 times a second
/// fails, and no pod is restarted.
/// </summary>
[Collection(ChangingInCommonScene.Name)]
public sealed class ChangeTests(CommonScene scene) : ClusterTest(scene), IClassFixture<ChangeTests.Addition>
{
    private const string Workload = "changing";

    private const int Port = 8200;

    /// <summary>It is changed, so it is nobody else's.</summary>
    public sealed class Addition(CommonScene scene) : SceneAddition(scene)
    {
        protected override Task DeployAsync() => Scene.Namespace.DeployAsync(TestServer.Deployment(Workload, replicas: 2));
    }

    private static readonly TimeSpan PastCourtesy = TimeSpan.FromSeconds(2.5);

    // A node learns of an ending pod within a second, on a busy machine within several; the usual grace period is 30 s.
    private static readonly TimeSpan PodsEnd = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RulesLapse = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Back = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public Task A_workload_that_is_scaled_is_served_throughout() => ChangeAsync(async () =>
    {
        await ScaleAsync(4);
        await ScaleAsync(1);
    });

    [ClusterFact]
    public Task A_workload_that_is_restarted_is_served_throughout() => ChangeAsync(async () =>
    {
        await Namespace.KubectlAsync("rollout", "restart", $"deployment/{Workload}");
        await RolledOutAsync();
    });

    [ClusterFact(Timeout = Endurance.LongestTestMilliseconds)]
    public async Task Attaching_and_detaching_over_and_over_fails_no_call()
    {
        await using Handler handler = await Handler.StartAsync(Port);
        await using Caller caller = await Caller.StartAsync(Namespace.Name, Workload);
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
        calls.AssertNoneFailed();
        Assert.True(calls.By(Handler.Name) > 0 && calls.By("original") > 0, calls.ToString());
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, RulesLapse, Workload);
    }

    [ClusterFact]
    public async Task A_handler_that_is_stopped_kills_no_pod()
    {
        await ScaleAsync(2);
        string before = await AttachScene.WorkloadAsync(Namespace.Name, Workload);
        await using Handler handler = await Handler.StartAsync(Port);
        await InterceptAsync();
        try
        {
            Assert.Equal(Handler.Name, await AskAsync());
            await Handler.SignalAsync(Port, "STOP");

            // The deployment's probe fails three times, a second apart, before a pod is not ready any more; each may take a second itself.
            await using Caller caller = await Caller.StartAsync(Namespace.Name, Workload);
            await Task.Delay(TimeSpan.FromSeconds(7), TimeProvider.System, TestContext.Current.CancellationToken);
            Assert.Equal("2", await Namespace.KubectlAsync("get", "deployment", Workload, "-o", "jsonpath={.status.readyReplicas}"));
            await Handler.SignalAsync(Port, "CONT");
            await caller.StopAsync();
        }
        finally
        {
            await DetachAsync();
        }

        Assert.Equal(before, await AttachScene.WorkloadAsync(Namespace.Name, Workload));
    }

    // The pods have the time that a well-kept workload gives them: without Landline nobody would notice, and so it must be with it.
    private async Task ChangeAsync(Func<Task> change)
    {
        await Namespace.KubectlAsync("patch", $"deployment/{Workload}", "-p", $$$"""{"spec": {"template": {"spec": {"terminationGracePeriodSeconds": {{{PodsEnd.TotalSeconds}}} } } } }""");
        await ScaleAsync(1);
        await using Handler handler = await Handler.StartAsync(Port);
        await InterceptAsync();
        Calls calls;
        try
        {
            await using Caller caller = await Caller.StartAsync(Namespace.Name, Workload);
            await change();

            await EndedAsync();
            await Eventually.TrueAsync(Back, "the workstation answers", async () => await TryAskAsync() == Handler.Name);
            calls = await caller.StopAsync();
        }
        finally
        {
            await DetachAsync();
        }

        TestContext.Current.TestOutputHelper?.WriteLine(calls.ToString());
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, RulesLapse, Workload);
        calls.AssertNoneFailed();
        Assert.True(calls.By(Handler.Name) > 20, calls.ToString());
    }

    private async Task ScaleAsync(int replicas)
    {
        await Namespace.KubectlAsync("scale", $"deployment/{Workload}", $"--replicas={replicas}");
        await RolledOutAsync();
    }

    private async Task RolledOutAsync()
    {
        await Namespace.KubectlAsync("rollout", "status", $"deployment/{Workload}", "--timeout=60s");
        string replicas = await Namespace.KubectlAsync("get", $"deployment/{Workload}", "-o", "jsonpath={.spec.replicas}");
        await Eventually.TrueAsync(
            Back, "the pods that are too many are told to go", async () => $"{(await AttachScene.PodsAsync(Namespace.Name, Workload)).Length}" == replicas);
    }

    // Until nothing runs any more of what was told to go.
    private Task EndedAsync() => Eventually.TrueAsync(PodsEnd + Back, "the pods that are too many have ended", async () =>
        (await Kubectl.JsonAsync("-n", Namespace.Name, "get", "pods", "-l", $"app={Workload}"))["items"]!.AsArray().OfType<JsonNode>()
            .Where(pod => pod["metadata"]!["deletionTimestamp"] is not null)
            .SelectMany(pod => pod["status"]?["containerStatuses"]?.AsArray() ?? [])
            .All(container => container!["state"]!["running"] is null));

    private Task<string> AskAsync() => Caller.AskAsync(Namespace.Name, Workload);

    private Task<string?> TryAskAsync() => Caller.TryAskAsync(Namespace.Name, Workload);

    private static async Task InterceptAsync() =>
        (await Laptop.Root.LandlineAsync("intercept", Workload, "-p", $"{Port}:{TestServer.Http}", "--mount", "false")).Succeeded();

    private static async Task DetachAsync() => (await Laptop.Root.LandlineAsync("detach", Workload)).Succeeded();
}
