using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary><c>landline replace</c>: the original container does not run meanwhile, and is back afterwards as it was.</summary>
[Collection(OwnScene.Name)]
public sealed class ReplaceTests(ReplaceTests.Scene scene) : ClusterTest(scene), IClassFixture<ReplaceTests.Scene>
{
    private static readonly TimeSpan Rollout = TimeSpan.FromSeconds(60);

    /// <summary>Its workload is changed, so it is nobody else's.</summary>
    public sealed class Scene : AttachScene
    {
        protected override string Topic => "replace";
    }

    [ClusterFact]
    public async Task The_workstation_takes_the_containers_place_and_detaching_gives_it_back_for_good()
    {
        string template = await TemplateAsync();
        await ReplaceAsync(async () => (await Laptop.Root.LandlineAsync("detach", AttachScene.Workload)).Succeeded());

        // The revision of before is the placeholder's: who rolls back to it shall not have a workload that does nothing.
        string undone = await Namespace.KubectlAsync("rollout", "undo", $"deployment/{AttachScene.Workload}");
        Assert.EndsWith("rolled back", undone, StringComparison.Ordinal);
        await Eventually.TrueAsync(Rollout, "the original's template is back", async () => await TemplateAsync() == template);
        await Eventually.TrueAsync(Rollout, "the original answers", OriginalAnswersAsync);
    }

    [ClusterFact]
    public Task Quitting_gives_it_back_too() => ReplaceAsync(async () =>
    {
        await Laptop.Root.QuitAsync();
        await Laptop.Root.ConnectAsync(Namespace.Name);
    });

    [ClusterFact]
    public async Task Detaching_gives_it_back_though_the_manager_that_has_changed_it_was_killed()
    {
        await ReplaceAsync(async () =>
        {
            await AgentProcesses.SignalManagerAsync("KILL");
            (await Laptop.Root.LandlineAsync("detach", AttachScene.Workload)).Succeeded();
        });
        await Eventually.TrueAsync(Rollout, "the laptop is connected again", async () => await Laptop.Root.ConnectionStatusAsync() == "Connected");
    }

    [ClusterFact]
    public async Task It_comes_back_by_itself_when_the_daemon_is_killed_and_the_grace_period_is_over()
    {
        await Laptop.Root.QuitAsync();
        await Laptop.Root.ConnectAsync(Namespace.Name, "--grace", "5s");
        try
        {
            await ReplaceAsync(async () => await LaptopProcesses.KillAsync(await LaptopProcesses.DaemonsAsync()));
        }
        finally
        {
            await AttachScene.ConnectAnewAsync(Namespace.Name);
        }
    }

    private async Task ReplaceAsync(Func<Task> endAsync)
    {
        string template = await TemplateAsync();
        await using Handler handler = await Handler.StartAsync(8080);
        try
        {
            (await Laptop.Root.LandlineAsync("replace", AttachScene.Workload, "-p", "8080:8080")).Succeeded();
            await Eventually.TrueAsync(Rollout, "the workstation answers", async () => await TryAskAsync() == Handler.Name);
            Assert.NotEqual(template, await TemplateAsync());
        }
        finally
        {
            await endAsync();
        }

        await Eventually.TrueAsync(Rollout, "the original answers", OriginalAnswersAsync);
        Assert.Equal(template, await TemplateAsync());
    }

    private Task<string> TemplateAsync() => Namespace.KubectlAsync("get", "deployment", AttachScene.Workload, "-o", "jsonpath={.spec.template}");

    private async Task<bool> OriginalAnswersAsync() => (await TryAskAsync())?.StartsWith("hello from web-", StringComparison.Ordinal) == true;

    private Task<string?> TryAskAsync() => Caller.TryAskAsync(Namespace.Name, AttachScene.Workload);
}
