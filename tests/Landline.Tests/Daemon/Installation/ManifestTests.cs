using System.Text.Json.Nodes;
using Landline.Daemon.Installation;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Tests.Daemon.Installation;

public sealed class ManifestTests
{
    private static readonly IReadOnlyList<Manifest> All = Manifest.All(new InstallOptions());

    [Fact]
    public void Everything_bears_the_label_by_which_it_is_found_again() =>
        Assert.All(All, manifest => Assert.True(Manifest.IsOurs(manifest.Content), manifest.Title));

    [Fact]
    public void What_others_need_comes_before_them()
    {
        string[] kinds = [.. All.Select(static manifest => manifest.Kind)];

        Assert.Equal("Namespace", kinds[0]);
        Assert.Equal("Deployment", kinds[^1]);
        Assert.True(Array.LastIndexOf(kinds, "CustomResourceDefinition") < Array.IndexOf(kinds, "ClusterRole"));
        Assert.True(Array.LastIndexOf(kinds, "ServiceAccount") < Array.IndexOf(kinds, "ClusterRoleBinding"));
    }

    [Fact]
    public void Options_reach_every_place()
    {
        var options = new InstallOptions { Namespace = "tools", Image = "registry.example.com/landline:2", AccessGroup = "devs" };
        string text = Installer.Print(options);

        Assert.DoesNotContain("${", text);
        Assert.DoesNotContain("namespace: landline\n", text);
        Assert.Contains("image: \"registry.example.com/landline:2\"", text);
        Assert.Contains("imagePullPolicy: IfNotPresent", text);
        Assert.Contains("name: \"devs\"", text);
        Assert.Contains("imagePullPolicy: Never", Installer.Print(new InstallOptions()));
    }

    [Theory]
    [InlineData("Tools", "x", "g")]
    [InlineData("a\nkind: Evil", "x", "g")]
    [InlineData("tools", "x\" evil", "g")]
    [InlineData("tools", "x", "g\"\n- x")]
    public void Options_cannot_change_the_meaning_of_the_manifests(string @namespace, string image, string group) =>
        Assert.Equal("install-option-invalid", Assert.Throws<UserErrorException>(() => Installer.Print(
            new InstallOptions { Namespace = @namespace, Image = image, AccessGroup = group })).Code);

    [Theory]
    [InlineData("connections.landline.dev", typeof(ConnectionSpec), typeof(ConnectionStatus))]
    [InlineData("attachments.landline.dev", typeof(AttachmentSpec), typeof(AttachmentStatus))]
    public void The_schemas_have_exactly_the_fields_of_the_records(string name, Type spec, Type status)
    {
        JsonObject schema = Find("CustomResourceDefinition", name)["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!.AsObject();

        AssertFields(spec, schema["spec"]!.AsObject(), name);
        AssertFields(status, schema["status"]!.AsObject(), name);
    }

    [Fact]
    public void The_manager_runs_without_any_privilege()
    {
        JsonNode pod = Find("Deployment", ClusterObjects.Manager)["spec"]!["template"]!["spec"]!;
        JsonNode container = pod["containers"]![0]!;

        Assert.True((bool)pod["securityContext"]!["runAsNonRoot"]!);
        Assert.Equal("RuntimeDefault", (string)pod["securityContext"]!["seccompProfile"]!["type"]!);
        Assert.Equal("""["ALL"]""", container["securityContext"]!["capabilities"]!["drop"]!.ToJsonString());
        Assert.True((bool)container["securityContext"]!["readOnlyRootFilesystem"]!);
        Assert.Equal("1", (string)container["env"]![0]!["value"]!);
        Assert.Equal(ClusterObjects.SessionPort, (long)container["ports"]![0]!["containerPort"]!);
        Assert.Equal(ClusterObjects.WebSocketPort, (long)container["ports"]![1]!["containerPort"]!);
        Assert.Equal(ClusterObjects.HealthPort, (long)container["ports"]![2]!["containerPort"]!);
    }

    [Fact]
    public void A_user_may_make_and_delete_the_two_resources_and_nothing_else()
    {
        JsonObject rule = Assert.Single(Find("ClusterRole", "landline-user")["rules"]!.AsArray())!.AsObject();

        Assert.Equal("""["landline.dev"]""", rule["apiGroups"]!.ToJsonString());
        Assert.Equal("""["connections","attachments"]""", rule["resources"]!.ToJsonString());
        Assert.Equal("""["create","get","list","watch","delete"]""", rule["verbs"]!.ToJsonString());
    }

    [Fact]
    public void The_manager_can_change_nothing_of_others_but_for_replace()
    {
        string[] changing = ["create", "update", "patch", "delete", "deletecollection", "*"];
        var rights =
            from rule in Find("ClusterRole", ClusterObjects.Manager)["rules"]!.AsArray()
            from verb in rule["verbs"]!.AsArray()
            where changing.Contains((string)verb!)
            from resource in rule["resources"]!.AsArray()
            select $"{verb} {resource}";

        Assert.Equal(
            ["create tokenreviews", "delete connections", "patch attachments/status", "patch connections/status"],
            rights.Order(StringComparer.Ordinal));
    }

    private static JsonObject Find(string kind, string name) => All.Single(manifest => manifest.Is(kind, name)).Content;

    private static void AssertFields(Type record, JsonObject schema, string path)
    {
        string[] expected =
        [
            .. record.GetProperties()
                .Where(static property => property.Name != "EqualityContract")
                .Select(static property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..])
                .Order(StringComparer.Ordinal),
        ];
        JsonObject properties = schema["properties"]!.AsObject();

        Assert.Equal(expected, properties.Select(static pair => pair.Key).Order(StringComparer.Ordinal));
        foreach (System.Reflection.PropertyInfo property in record.GetProperties())
        {
            string name = char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
            Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (type.IsEnum)
            {
                string[] values = [.. properties[name]!["enum"]!.AsArray().Select(static value => ((string)value!).ToUpperInvariant())];
                Assert.Equal(Enum.GetNames(type).Select(static value => value.ToUpperInvariant()).Order(), values.Order());
            }
            else if (type.Namespace == typeof(ConnectionSpec).Namespace)
            {
                AssertFields(type, properties[name]!.AsObject(), $"{path}.{name}");
            }
            else if (type.IsGenericType && type.GenericTypeArguments[0].Namespace == typeof(ConnectionSpec).Namespace)
            {
                AssertFields(type.GenericTypeArguments[0], properties[name]!["items"]!.AsObject(), $"{path}.{name}[]");
            }
        }
    }
}
