using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>A wiretap whose workstation goes away: no call fails, and none is answered by anybody but the original.</summary>
[Collection(SharedAttachScene.Name)]
public sealed class WiretapFaultTests(AttachScene scene) : ClusterTest(scene)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(2);

    [ClusterFact]
    public Task A_daemon_that_is_killed_fails_no_call() => BreakAsync(
        async () => await LaptopProcesses.KillAsync(await LaptopProcesses.DaemonsAsync()), () => AttachScene.ConnectAnewAsync(Namespace.Name));

    [ClusterFact]
    public Task A_network_that_goes_away_and_comes_back_fails_no_call() => BreakAsync(Lab.CutAsync, Lab.HealAsync);

    private async Task BreakAsync(Func<Task> breakIt, Func<Task> mend)
    {
        await using Handler handler = await Handler.StartAsync(8080);
        (await Laptop.Root.LandlineAsync("wiretap", AttachScene.Workload, "-p", "8080:8080", "--mount", "false")).Succeeded();
        Calls calls;
        DateTimeOffset broken;
        try
        {
            await using Caller caller = await Caller.StartAsync(Namespace.Name, AttachScene.Workload);
            await Eventually.TrueAsync(
                Soon, "the handler gets copies", () => Task.FromResult(handler.Requests.Contains("GET /\n", StringComparison.Ordinal)));
            broken = TimeProvider.System.GetUtcNow();
            await breakIt();
            await Task.Delay(Afterwards, TimeProvider.System, TestContext.Current.CancellationToken);
            calls = await caller.StopAsync();
        }
        finally
        {
            await mend();
            await Laptop.Root.LandlineAsync("detach", AttachScene.Workload);
        }

        calls.AssertNoneFailed();
        Assert.Equal(0, calls.By(Handler.Name));
        Assert.True(calls.LastBy("original") > broken + Afterwards, calls.ToString());
    }
}
