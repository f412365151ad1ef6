using System.Text.Json.Nodes;
using Landline.Daemon.Installation;

namespace Landline.Tests.Daemon.Installation;

/// <summary>An upgrade changes what it is told to, and the version.</summary>
public sealed class InstalledChoicesTests
{
    private static readonly InstallOptions Nothing = new();

    [Fact]
    public void Where_nothing_is_installed_the_defaults_hold()
    {
        var installed = new InstalledChoices(null, null);

        Assert.Equal(Nothing, installed.Complete(Nothing));
        Assert.Equal(["system:authenticated"], Access(installed.Manifests(Nothing)));
    }

    [Theory]
    [InlineData("registry.example.com/tools/landline:2", "registry.example.com/tools/landline:2")]
    [InlineData("registry.example.com:5000/landline:0.0.1", "registry.example.com:5000/landline:THIS")]
    [InlineData("registry.example.com/landline@sha256:0123", "registry.example.com/landline@sha256:0123")]
    public void The_image_stays_but_for_the_version_in_its_tag(string image, string expected) =>
        Assert.Equal(
            expected.Replace("THIS", ManifestText.Version, StringComparison.Ordinal),
            new InstalledChoices(Deployment(image), null).Complete(Nothing).Image);

    [Fact]
    public void The_pull_policy_stays_with_its_image()
    {
        var installed = new InstalledChoices(Deployment("registry.example.com/landline:2"), null);

        Assert.Equal("Always", installed.Complete(Nothing).EffectivePullPolicy);
        Assert.Equal("IfNotPresent", installed.Complete(new InstallOptions { ImagePullPolicy = "IfNotPresent" }).EffectivePullPolicy);
        Assert.Equal("Never", installed.Complete(new InstallOptions { Image = "localhost/landline:dev" }).EffectivePullPolicy);
    }

    [Theory]
    [InlineData("""[{"kind":"Group","name":"devs"}]""", "devs")]
    [InlineData("""[{"kind":"Group","name":"devs"},{"kind":"User","name":"eve"}]""", "devs,eve")]
    [InlineData("null", "")]
    public void Who_may_reach_the_manager_stays(string subjects, string expected)
    {
        var installed = new InstalledChoices(null, Binding(subjects));

        Assert.Equal(expected.Split(',', StringSplitOptions.RemoveEmptyEntries), Access(installed.Manifests(Nothing)));
        Assert.Equal(["others"], Access(installed.Manifests(new InstallOptions { AccessGroup = "others" })));
    }

    [Fact]
    public void What_the_manager_may_not_connect_to_stays()
    {
        JsonObject deployment = Deployment("registry.example.com/landline:2");
        deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["env"] = new JsonArray(
            new JsonObject { ["name"] = "LANDLINE_DENIED_SUBNETS", ["value"] = "203.0.113.0/24,2001:db8::/32" });
        var installed = new InstalledChoices(deployment, null);

        Assert.Equal("203.0.113.0/24,2001:db8::/32", Denied(installed.Manifests(Nothing)));
        Assert.Equal("198.51.100.0/24", Denied(installed.Manifests(new InstallOptions { DeniedSubnets = ["198.51.100.0/24"] })));
        Assert.Equal("", Denied(installed.Manifests(new InstallOptions { DeniedSubnets = [] })));
        Assert.Equal("", Denied(new InstalledChoices(null, null).Manifests(Nothing)));
    }

    private static string Denied(IReadOnlyList<Manifest> manifests) => (string)manifests
        .Single(manifest => manifest.Is("Deployment", "landline-manager"))
        .Content["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray()
        .Single(variable => (string?)variable!["name"] == "LANDLINE_DENIED_SUBNETS")!["value"]!;

    private static JsonObject Deployment(string image) => new()
    {
        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app.kubernetes.io/version"] = "0.0.1" } },
        ["spec"] = new JsonObject
        {
            ["template"] = new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["containers"] = new JsonArray(new JsonObject { ["image"] = image, ["imagePullPolicy"] = "Always" }),
                },
            },
        },
    };

    private static JsonObject Binding(string subjects) => new() { ["subjects"] = JsonNode.Parse(subjects) };

    private static IEnumerable<string> Access(IReadOnlyList<Manifest> manifests) => manifests
        .Single(manifest => manifest.Is("RoleBinding", "landline-access"))
        .Content["subjects"]!.AsArray()
        .Select(subject => (string)subject!["name"]!);
}
