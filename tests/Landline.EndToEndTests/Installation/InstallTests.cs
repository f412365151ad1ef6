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
        string before = await ManagerPodsAsync();

        (await Laptop.Root.LandlineAsync("install", "--image", "localhost/landline:dev")).Succeeded();

        Assert.Equal(before, await ManagerPodsAsync());
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
    public async Task Uninstalling_leaves_no_object_and_installing_again_works()
    {
        string before = await ObjectsAsync();
        Assert.NotEqual("", before);
        try
        {
            (await Laptop.Root.LandlineAsync("uninstall")).Succeeded();

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

    private static async Task<string> ManagerPodsAsync() => await Kubectl.SucceedAsync(
        "-n", LabFixture.ManagerNamespace, "get", "pods", "-l", "app.kubernetes.io/name=landline-manager", "-o", "jsonpath={.items[*].metadata.uid}");
}
