using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary><c>landline wiretap</c>: the workstation hears what the original is asked, and the original does not notice.</summary>
[Collection(WebOfCommonScene.Name)]
public sealed class WiretapTests(CommonScene scene) : ClusterTest(scene)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [ClusterFact]
    public async Task The_workstation_gets_a_copy_and_the_original_answers()
    {
        string before = await AttachScene.WorkloadAsync(Namespace.Name);
        await using Handler handler = await Handler.StartAsync(8080);
        await WiretapAsync();
        try
        {
            // An agent that has no processor time to spare copies nothing, and nothing later.
            await Eventually.TrueAsync(Soon, "the handler got the copy", async () =>
            {
                string answer = await Caller.AskForAsync(Namespace.Name, AttachScene.Workload, "/heard-by-both");
                Assert.StartsWith("hello from web-", answer, StringComparison.Ordinal);
                return handler.Requests.Contains("GET /heard-by-both", StringComparison.Ordinal);
            });
        }
        finally
        {
            await DetachAsync();
        }

        Assert.Equal(before, await AttachScene.WorkloadAsync(Namespace.Name));
        await AttachScene.AssertPodsAreCleanAsync(Namespace.Name, Soon);
    }

    [ClusterFact]
    public async Task A_workstation_that_hangs_does_not_slow_the_original()
    {
        await using Handler handler = await Handler.StartAsync(8080);
        await WiretapAsync();
        Calls calls;
        try
        {
            await Handler.SignalAsync(8080, "STOP");
            await using Caller caller = await Caller.StartAsync(Namespace.Name, AttachScene.Workload);
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
            calls = await caller.StopAsync();
        }
        finally
        {
            await Handler.SignalAsync(8080, "CONT");
            await DetachAsync();
        }

        calls.AssertNoneFailed();
        Assert.Equal(0, calls.By(Handler.Name));
        Assert.True(calls.By("original") > 100, calls.ToString());
    }

    private static async Task WiretapAsync() =>
        (await Laptop.Root.LandlineAsync("wiretap", AttachScene.Workload, "-p", "8080:8080", "--mount", "false")).Succeeded();

    private static async Task DetachAsync() => (await Laptop.Root.LandlineAsync("detach", AttachScene.Workload)).Succeeded();
}
