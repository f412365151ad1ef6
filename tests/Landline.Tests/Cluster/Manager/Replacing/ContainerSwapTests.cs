using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Replacing;

namespace Landline.Tests.Cluster.Manager.Replacing;

public sealed class ContainerSwapTests
{
    private const string Original = """
        {"metadata":{"name":"worker","labels":{"app":"worker"}},
         "spec":{"replicas":2,"template":{"metadata":{"labels":{"app":"worker"}},"spec":{"containers":[
          {"name":"sidecar","image":"sidecar:1"},
          {"name":"worker","image":"worker:1","command":["run"],"args":["--fast"],"workingDir":"/srv",
           "env":[{"name":"A","value":"1"}],"ports":[{"containerPort":80}],"volumeMounts":[{"name":"v","mountPath":"/v"}],
           "livenessProbe":{"httpGet":{"port":80}},"readinessProbe":{"exec":{"command":["true"]}}}]}}}}
        """;

    [Fact]
    public void A_swap_and_its_undoing_leave_the_object_as_it_was()
    {
        JsonObject workload = Parse();

        Assert.True(Replace(workload));
        Assert.Equal("uid-1", ContainerSwap.UidOf(workload));
        Assert.True(ContainerSwap.Restore(workload));

        Assert.True(JsonNode.DeepEquals(Parse(), workload), workload.ToJsonString());
    }

    [Fact]
    public void A_placeholder_keeps_what_the_workstation_looks_at_and_has_no_probes()
    {
        JsonObject workload = Parse();

        Replace(workload);

        JsonNode container = workload["spec"]!["template"]!["spec"]!["containers"]![1]!;
        Assert.Equal("landline:1", container["image"]!.GetValue<string>());
        Assert.NotNull(container["env"]);
        Assert.NotNull(container["volumeMounts"]);
        Assert.NotNull(container["ports"]);
        Assert.Null(container["livenessProbe"]);
        Assert.Null(container["readinessProbe"]);
        Assert.Null(container["args"]);
        Assert.Equal("sidecar:1", workload["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.GetValue<string>());
    }

    [Fact]
    public void An_image_that_was_set_meanwhile_stays_and_the_rest_comes_back()
    {
        JsonObject workload = Parse();
        Replace(workload);
        ContainerOf(workload)["image"] = "worker:2";

        ContainerSwap.Restore(workload);

        JsonObject expected = Parse();
        ContainerOf(expected)["image"] = "worker:2";
        Assert.True(JsonNode.DeepEquals(expected, workload), workload.ToJsonString());
    }

    [Fact]
    public void A_command_that_was_deployed_meanwhile_stays_with_its_own_arguments_or_none()
    {
        JsonObject workload = Parse();
        Replace(workload);
        ContainerOf(workload)["image"] = "worker:2";
        ContainerOf(workload)["command"] = new JsonArray("serve");

        ContainerSwap.Restore(workload);

        JsonObject container = ContainerOf(workload);
        Assert.Equal("""["serve"]""", container["command"]!.ToJsonString());
        Assert.Null(container["args"]);
        Assert.Equal("/srv", container["workingDir"]!.ToString());
    }

    [Fact]
    public void A_command_that_was_taken_out_meanwhile_does_not_come_back()
    {
        JsonObject workload = Parse();
        Replace(workload);
        ContainerOf(workload)["image"] = "worker:2";
        ContainerOf(workload).Remove("command");

        ContainerSwap.Restore(workload);

        Assert.False(ContainerOf(workload).ContainsKey("command"));
        Assert.False(ContainerOf(workload).ContainsKey("args"));
    }

    [Theory]
    [InlineData("args", """["--slow"]""")]
    [InlineData("imagePullPolicy", "\"Always\"")]
    [InlineData("workingDir", "\"/home\"")]
    [InlineData("livenessProbe", """{"exec":{"command":["true"]}}""")]
    [InlineData("readinessProbe", """{"httpGet":{"port":81}}""")]
    [InlineData("startupProbe", """{"httpGet":{"port":81}}""")]
    [InlineData("lifecycle", """{"preStop":{"exec":{"command":["true"]}}}""")]
    public void Each_field_that_was_set_meanwhile_stays_and_only_that(string field, string value)
    {
        JsonObject workload = Parse();
        Replace(workload);
        ContainerOf(workload)[field] = JsonNode.Parse(value);

        ContainerSwap.Restore(workload);

        JsonObject expected = Parse();
        ContainerOf(expected)[field] = JsonNode.Parse(value);
        Assert.True(JsonNode.DeepEquals(expected, workload), workload.ToJsonString());
    }

    [Theory]
    [InlineData("registry.example/landline:1", "registry.example/landline:1@sha256:abc")]
    [InlineData("registry.example/landline:1", "mirror.local/proxy/landline:1")]
    [InlineData("localhost/landline:1", "mirror.local:5000/landline:1@sha256:abc")]
    [InlineData("landline:1", "docker.io/landline:1")]
    public void An_image_that_a_policy_has_pinned_or_mirrored_is_the_placeholders_still(string image, string made)
    {
        JsonObject workload = Parse();
        ContainerSwap.Replace(workload, "worker", "uid-1", 1, image, "Never");
        ContainerOf(workload)["image"] = made;

        Assert.Equal(("uid-1", 1), ContainerSwap.Find(workload, "uid-1"));
        ContainerSwap.Restore(workload);

        Assert.True(JsonNode.DeepEquals(Parse(), workload), workload.ToJsonString());
    }

    [Theory]
    [InlineData("image", "\"worker:1\"")]
    [InlineData("image", "\"my-landline:1\"")]
    [InlineData("command", """["run"]""")]
    [InlineData("command", null)]
    public void A_placeholder_that_somebody_has_put_the_original_into_is_none(string field, string? value)
    {
        JsonObject workload = Parse();
        Replace(workload);
        Assert.Equal(("uid-1", 1), ContainerSwap.Find(workload, "uid-1"));

        ContainerOf(workload)[field] = value is null ? null : JsonNode.Parse(value);

        Assert.Null(ContainerSwap.Find(workload, "uid-1"));
        Assert.Equal(1, ContainerSwap.SwapsOf(workload));
    }

    [Fact]
    public void The_pods_of_a_second_swap_are_told_from_those_of_the_first()
    {
        JsonObject workload = Parse();
        Replace(workload);
        ContainerSwap.Restore(workload);

        Assert.True(ContainerSwap.Replace(workload, "worker", "uid-1", 2, "landline:1", "Never"));

        Assert.Equal(("uid-1.2", 2), ContainerSwap.Find(workload, "uid-1"));
    }

    [Fact]
    public void A_placeholder_is_not_replaced_again()
    {
        JsonObject workload = Parse();
        Replace(workload);

        Assert.False(ContainerSwap.Replace(workload, "worker", "uid-2", 1, "landline:1", "Never"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_record_of_the_two_is_enough(bool isTemplates)
    {
        JsonObject workload = Parse();
        Replace(workload);
        JsonNode other = isTemplates ? workload : workload["spec"]!["template"]!;
        other["metadata"]!["annotations"]![SwapRecord.Annotation] = "no json";

        Assert.Equal("uid-1", ContainerSwap.UidOf(workload));
        Assert.True(ContainerSwap.Restore(workload));

        Assert.True(JsonNode.DeepEquals(Parse(), workload), workload.ToJsonString());
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"uid":1}""")]
    [InlineData("""{"uid":"uid-1","uid":"uid-2"}""")]
    [InlineData("""{"uid":"uid-1","container":["worker"],"swaps":1,"placeholder":{},"original":{}}""")]
    [InlineData("""{"uid":"uid-1","container":"worker","swaps":"many","placeholder":{},"original":{}}""")]
    [InlineData("""{"uid":"uid-1","container":"worker","swaps":1,"placeholder":{},"original":[]}""")]
    public void A_record_that_somebody_has_edited_breaks_nothing(string record)
    {
        JsonObject workload = Parse();
        workload["metadata"]!["annotations"] = new JsonObject { [SwapRecord.Annotation] = record };
        workload["spec"]!["template"]!["metadata"]!["annotations"] = new JsonObject { [SwapRecord.Annotation] = record };

        Assert.Null(ContainerSwap.UidOf(workload));
        Assert.False(ContainerSwap.Restore(workload));

        Assert.Equal("worker:1", ContainerOf(workload)["image"]!.GetValue<string>());
    }

    private static bool Replace(JsonObject workload) => ContainerSwap.Replace(workload, "worker", "uid-1", 1, "landline:1", "Never");

    private static JsonObject ContainerOf(JsonObject workload) => workload["spec"]!["template"]!["spec"]!["containers"]![1]!.AsObject();

    private static JsonObject Parse() => JsonNode.Parse(Original)!.AsObject();
}
