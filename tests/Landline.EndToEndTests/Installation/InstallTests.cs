using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Installation;

/// <summary><c>landline install</c> and <c>uninstall</c>; other tests find it installed again.</summary>
[Collection(SharedServerScene.Name)]
public sealed class InstallTests(ServerScene scene) : ClusterTest(scene)
{
    private const string Everything =
        "customresourcedefinitions,clusterroles,clusterrolebindings,deployments,services,serviceaccounts,configmaps,roles,rolebindings,pods";

    [ClusterFact]
    public async Task The_printed_manifests_are_what_the_cluster_accepts()
    {
        string manifests = (await Laptop.Root.LandlineAsync("install", "--print")).Succeeded();

        Assert.Contains("kind: CustomResourceDefinition", manifests, StringComparison.Ordinal);
        string accepted = await Kubectl.ApplyAsync(manifests, "--dry-run=server", "--server-side", "--force-conflicts");
        Assert.Contains("landline-manager", accepted, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task Installing_again_changes_nothing()
    {
        string pods = await ManagerPodsAsync();
        string objects = await VersionsAsync();
        Assert.Contains("ClusterRole/landline-user", objects, StringComparison.Ordinal);

        (await Laptop.Root.LandlineAsync("install", "--image", "localhost/landline:dev")).Succeeded();

        Assert.Equal(pods, await ManagerPodsAsync());
        Assert.Equal(objects, await VersionsAsync());
    }

    [ClusterFact]
    public async Task An_upgrade_keeps_what_the_administrator_chose()
    {
        try
        {
            (await Laptop.Root.LandlineAsync("install", "--access-group", "narrow")).Succeeded();

            (await Laptop.Root.LandlineAsync("upgrade")).Succeeded();

            Assert.Equal("narrow", await AccessAsync());
        }
        finally
        {
            (await Laptop.Root.LandlineAsync("install", "--access-group", "system:authenticated")).Succeeded();
        }

        Assert.Equal("system:authenticated", await AccessAsync());
    }

    [ClusterFact]
    public async Task Uninstalling_from_another_namespace_is_refused_and_removes_nothing()
    {
        string objects = await VersionsAsync();

        ProgramResult refused = await Laptop.Root.LandlineAsync("uninstall", "--manager-namespace", "elsewhere");

        Assert.Equal($"Remove it with: landline uninstall --manager-namespace {LabFixture.ManagerNamespace}", refused.FailedWithAdvice().Hint);
        Assert.Equal(objects, await VersionsAsync());
    }

    [ClusterFact]
    public async Task Uninstalling_ends_who_is_connected_and_leaves_no_object_and_installing_again_works()
    {
        string before = await ObjectsAsync();
        Assert.NotEqual("", before);
        await Laptop.Root.ConnectAsync(Namespace.Name);
        try
        {
            (await Laptop.Root.LandlineAsync("uninstall")).Succeeded();

            await Eventually.TrueAsync(
                TimeSpan.FromSeconds(30), "status says that it has ended", async () => await Laptop.Root.ConnectionStatusAsync() == "Failed");
            await LaptopState.AssertIsAgainAsync(scene.Before);
            await Eventually.PassesAsync(TimeSpan.FromSeconds(60), async () => Assert.Equal("", await ObjectsAsync()));
            await Eventually.TrueAsync(
                TimeSpan.FromSeconds(60),
                "the namespace is gone",
                async () => (await Kubectl.RunAsync("get", "namespace", LabFixture.ManagerNamespace)).ExitCode != 0);
        }
        finally
        {
            await LabFixture.InstallAsync();
        }

        await Laptop.Root.ConnectAsync(Namespace.Name);
        Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync("http://server:8080/"), StringComparison.Ordinal);
        await Laptop.Root.QuitAsync();
    }

    // By name, so that an object without its label counts too. The default objects of a namespace do not.
    private static async Task<string> ObjectsAsync()
    {
        string all = await Kubectl.SucceedAsync("get", Everything, "-A", "-o", "name");
        return string.Join('\n', all.Split('\n').Where(name => name.Contains("landline", StringComparison.Ordinal)));
    }

    private static async Task<string> AccessAsync() => await Kubectl.SucceedAsync(
        "-n", LabFixture.ManagerNamespace, "get", "rolebinding", "landline-access", "-o", "jsonpath={.subjects[*].name}");

    // Of what is installed: the generation of what has a status that changes by itself, of everything else the version.
    private static async Task<string> VersionsAsync()
    {
        const string Generations = "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.generation}{\"\\n\"}{end}";
        const string Versions = "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{\"\\n\"}{end}";
        string[] lists =
        [
            await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "get", "deployments", "-o", Generations),
            await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "get", "services,serviceaccounts,roles,rolebindings", "-o", Versions),
            await Kubectl.SucceedAsync("get", "customresourcedefinitions,clusterroles,clusterrolebindings", "-o", Versions),
        ];
        return string.Join('\n', lists.SelectMany(list => list.Split('\n')).Where(line => line.Contains("landline", StringComparison.Ordinal)));
    }

    // One that gives way to another is no longer counted.
    private static async Task<string> ManagerPodsAsync()
    {
        JsonNode pods = await Kubectl.JsonAsync("-n", LabFixture.ManagerNamespace, "get", "pods", "-l", "app.kubernetes.io/name=landline-manager");
        return string.Join(' ', pods["items"]!.AsArray()
            .Where(pod => pod!["metadata"]!["deletionTimestamp"] is null)
            .Select(pod => pod!["metadata"]!["uid"]));
    }
}
