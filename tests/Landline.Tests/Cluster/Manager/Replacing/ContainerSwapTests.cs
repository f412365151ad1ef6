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

        Assert.True(ContainerSwap.Replace(workload, "worker", "uid-1", "landline:1", "Never"));
        Assert.Equal("uid-1", ContainerSwap.UidOf(workload));
        Assert.True(ContainerSwap.Restore(workload));

        Assert.True(JsonNode.DeepEquals(Parse(), workload), workload.ToJsonString());
    }

    [Fact]
    public void A_placeholder_keeps_what_the_workstation_looks_at_and_has_no_probes()
    {
        JsonObject workload = Parse();

        ContainerSwap.Replace(workload, "worker", "uid-1", "landline:1", "Never");

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
    public void An_image_that_was_rolled_out_meanwhile_stays()
    {
        JsonObject workload = Parse();
        ContainerSwap.Replace(workload, "worker", "uid-1", "landline:1", "Never");
        workload["spec"]!["template"]!["spec"]!["containers"]![1]!["image"] = "worker:2";

        ContainerSwap.Restore(workload);

        JsonNode container = workload["spec"]!["template"]!["spec"]!["containers"]![1]!;
        Assert.Equal("worker:2", container["image"]!.GetValue<string>());
        Assert.Equal("run", container["command"]![0]!.GetValue<string>());
    }

    [Fact]
    public void A_placeholder_is_not_replaced_again()
    {
        JsonObject workload = Parse();
        ContainerSwap.Replace(workload, "worker", "uid-1", "landline:1", "Never");

        Assert.False(ContainerSwap.Replace(workload, "worker", "uid-2", "landline:1", "Never"));
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void A_record_that_somebody_has_edited_breaks_nothing(string record)
    {
        JsonObject workload = Parse();
        workload["metadata"]!["annotations"] = new JsonObject { [ContainerSwap.RecordAnnotation] = record };

        ContainerSwap.Restore(workload);

        Assert.Equal("worker:1", workload["spec"]!["template"]!["spec"]!["containers"]![1]!["image"]!.GetValue<string>());
    }

    private static JsonObject Parse() => JsonNode.Parse(Original)!.AsObject();
}
