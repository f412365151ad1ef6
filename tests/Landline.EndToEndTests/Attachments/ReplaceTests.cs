using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary><c>landline replace</c>: the original container does not run meanwhile, and is back afterwards as it was.</summary>
public sealed class ReplaceTests(ReplaceTests.Scene scene) : ClusterTest(scene), IClassFixture<ReplaceTests.Scene>
{
    private static readonly TimeSpan Rollout = TimeSpan.FromSeconds(60);

    /// <summary>Its workload is changed, so it is nobody else's.</summary>
    public sealed class Scene : AttachScene
    {
        protected override string Topic => "replace";
    }

    [ClusterFact]
    public Task The_workstation_takes_the_containers_place_and_detaching_gives_it_back() => ReplaceAsync(
        async () => (await Laptop.Root.LandlineAsync("detach", AttachScene.Workload)).Succeeded());

    [ClusterFact]
    public Task Quitting_gives_it_back_too() => ReplaceAsync(async () =>
    {
        await Laptop.Root.QuitAsync();
        await Laptop.Root.ConnectAsync(Namespace.Name);
    });

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

        await Eventually.TrueAsync(
            Rollout, "the original answers", async () => await TryAskAsync() is { } who && who.StartsWith("hello from web-", StringComparison.Ordinal));
        Assert.Equal(template, await TemplateAsync());
    }

    private Task<string> TemplateAsync() => Namespace.KubectlAsync("get", "deployment", AttachScene.Workload, "-o", "jsonpath={.spec.template}");

    private Task<string?> TryAskAsync() => Caller.TryAskAsync(Namespace.Name, AttachScene.Workload);
}
