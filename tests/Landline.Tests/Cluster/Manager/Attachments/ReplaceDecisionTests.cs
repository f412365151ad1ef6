using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Replacing;

namespace Landline.Tests.Cluster.Manager.Attachments;

/// <summary>Who may have a workload replaced, and for how long.</summary>
public sealed class ReplaceDecisionTests : IAsyncLifetime
{
    private ControllerScene _scene = null!;

    public async ValueTask InitializeAsync()
    {
        _scene = await ControllerScene.StartAsync();
        _scene.Connect("alice");
        _scene.Connect("bob");
    }

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task A_workload_whose_port_somebody_has_is_not_changed()
    {
        _scene.PutDeployment("web");
        _scene.PutPod("web-1", "web");
        await _scene.AttachedAsync(_scene.Attach("bob", "bobs", "Intercept", "web"));

        _scene.Attach("alice", "mine", "Replace", "web");

        Assert.Equal(("PortTaken", "Port 8080 of deployment/web is taken by bob@desk (all traffic)."), await _scene.RefusalAsync("mine"));
        Assert.Empty(_scene.Changes);
    }

    [Fact]
    public async Task A_container_of_which_somebody_has_another_port_is_not_replaced()
    {
        _scene.PutDeployment("worker", ports: "[]");
        _scene.PutPod("worker-1", "worker");
        await _scene.AttachedAsync(_scene.Attach("bob", "bobs", "Intercept", "worker", ""","ports": [{"identifier": "9000"}]"""));

        _scene.Attach("alice", "mine", "Replace", "worker");

        Assert.Equal(("WorkloadTaken", "Deployment/worker is taken by bob@desk (intercept 'bobs')."), await _scene.RefusalAsync("mine"));
        Assert.Empty(_scene.Changes);
    }

    [Fact]
    public async Task The_second_who_replaces_a_workload_is_told_at_once_who_does_also_when_no_pod_runs()
    {
        _scene.PutDeployment("worker", ports: "[]");
        _scene.Attach("bob", "bobs", "Replace", "worker");
        await _scene.ImageAsync("worker", "landline:1");

        _scene.Attach("alice", "mine", "Replace", "worker");

        Assert.Equal(("WorkloadTaken", "Deployment/worker is taken by bob@desk (replace 'bobs')."), await _scene.RefusalAsync("mine"));
        Assert.Single(_scene.Changes);
    }

    [Fact]
    public async Task A_workload_that_is_replaced_stays_its_attachments_also_before_that_one_is_confirmed_again()
    {
        _scene.PutConnection("carol");
        JsonObject carols = _scene.PutAttachment("carol", "carols", "Replace", "worker");
        JsonObject workload = _scene.PutDeployment("worker");
        ContainerSwap.Replace(workload, "app", carols["metadata"]!["uid"]!.ToString(), 1, "landline:1", "Never");
        _scene.Objects.Put($"{ControllerScene.Deployments}/worker", workload);

        _scene.Attach("alice", "mine", "Replace", "worker");

        Assert.Equal(("WorkloadTaken", "Deployment/worker is taken by carol@desk (replace 'carols')."), await _scene.RefusalAsync("mine"));
        Assert.Empty(_scene.Changes);
    }

    [Fact]
    public async Task Who_wants_a_port_of_a_workload_that_is_being_replaced_does_not_displace_who_replaces_it()
    {
        _scene.PutDeployment("web");
        _scene.PutPod("web-1", "web"); // It runs as it is: the rollout has only begun.
        _scene.Attach("alice", "mine", "Replace", "web");
        await _scene.ImageAsync("web", "landline:1");

        _scene.Attach("bob", "bobs", "Intercept", "web");

        Assert.Equal(("PortTaken", "Port 8080 of deployment/web is taken by alice@desk (all traffic)."), await _scene.RefusalAsync("bobs"));
        Assert.Equal("landline:1", _scene.ContainerOf("web")["image"]!.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_gets_a_port_of_a_container_that_is_replaced_also_one_that_it_does_not_declare(bool hasPod)
    {
        _scene.PutDeployment("worker", ports: "[]");
        if (hasPod)
        {
            _scene.PutPod("worker-1", "worker");
        }

        _scene.Attach("alice", "mine", "Replace", "worker");
        await _scene.ImageAsync("worker", "landline:1");

        _scene.Attach("bob", "bobs", "Intercept", "worker", ""","ports": [{"identifier": "9000"}]""");

        Assert.Equal(("WorkloadTaken", "Deployment/worker is taken by alice@desk (replace 'mine')."), await _scene.RefusalAsync("bobs"));
        Assert.Equal("landline:1", _scene.ContainerOf("worker")["image"]!.ToString());
    }

    [Fact]
    public async Task Nobody_gets_a_port_of_a_placeholder_before_who_replaces_it_has_come_back()
    {
        _scene.PutConnection("carol");
        JsonObject carols = _scene.PutAttachment("carol", "carols", "Replace", "worker");
        JsonObject workload = _scene.PutDeployment("worker", ports: "[]");
        ContainerSwap.Replace(workload, "app", carols["metadata"]!["uid"]!.ToString(), 1, "landline:1", "Never");
        _scene.Objects.Put($"{ControllerScene.Deployments}/worker", workload);
        _scene.PutPod("worker-1", "worker", annotations: $"\"{ContainerSwap.PodAnnotation}\": \"{carols["metadata"]!["uid"]}\"");

        _scene.Attach("alice", "mine", "Intercept", "worker", ""","ports": [{"identifier": "9000"}]""");

        Assert.Equal(("WorkloadTaken", "Deployment/worker is taken by carol@desk (replace 'carols')."), await _scene.RefusalAsync("mine"));
    }

    [Fact]
    public async Task What_was_deployed_meanwhile_is_replaced_too_and_is_what_comes_back()
    {
        _scene.PutDeployment("worker");
        _scene.Attach("alice", "mine", "Replace", "worker");
        await _scene.ImageAsync("worker", "landline:1");

        _scene.Deploy("worker", "app:2");
        _scene.LookAgain();
        await _scene.ImageAsync("worker", "landline:1");
        _scene.Detach("mine");
        await _scene.ImageAsync("worker", "app:2");

        Assert.Equal("""["run","app:2"]""", _scene.ContainerOf("worker")["command"]!.ToJsonString());
        Assert.Null(_scene.Objects.Get($"{ControllerScene.Deployments}/worker")!["spec"]!["template"]!["metadata"]!["annotations"]);
    }

    [Fact]
    public async Task Whoever_keeps_putting_the_original_back_wins()
    {
        _scene.PutDeployment("worker");
        _scene.Attach("alice", "mine", "Replace", "worker");
        for (int swaps = 1; swaps <= WorkloadReplacer.MostSwaps; swaps++)
        {
            await _scene.ImageAsync("worker", "landline:1");
            _scene.Deploy("worker", "app:1");
            _scene.LookAgain();
        }

        Assert.Equal(("WorkloadChanged", "Deployment/worker was changed by somebody else while it was replaced."), await _scene.RefusalAsync("mine"));
        await _scene.UntilAsync(
            "nothing is left", () => _scene.Objects.Get($"{ControllerScene.Deployments}/worker")!["metadata"]!["labels"]?[ContainerSwap.Label] is null);
        Assert.Equal("app:1", _scene.ContainerOf("worker")["image"]!.ToString());
    }

    [Fact]
    public async Task A_workload_that_the_manager_may_not_change_is_left_alone()
    {
        _scene.PutDeployment("worker");
        _scene.RefuseChanges(403, "Forbidden", "deployments.apps \"worker\" is forbidden: no.");

        _scene.Attach("alice", "mine", "Replace", "worker");

        Assert.Equal(
            ("ReplaceForbidden", "The manager may not change deployment/worker: deployments.apps \"worker\" is forbidden: no."),
            await _scene.RefusalAsync("mine"));
        Assert.Equal("app:1", _scene.ContainerOf("worker")["image"]!.ToString());
    }

    [Fact]
    public async Task A_workload_whose_rollout_is_paused_is_not_changed()
    {
        _scene.PutDeployment("worker", more: "\"paused\": true,");

        _scene.Attach("alice", "mine", "Replace", "worker");

        Assert.Equal(("NoRollout", "deployment/worker cannot be replaced: its rollout is paused."), await _scene.RefusalAsync("mine"));
        Assert.Empty(_scene.Changes);
    }

    [Fact]
    public async Task A_placeholder_that_nobody_wants_any_more_is_restored_before_the_workload_is_replaced_for_another()
    {
        JsonObject workload = _scene.PutDeployment("worker");
        ContainerSwap.Replace(workload, "app", "gone", 1, "landline:1", "Never");
        workload["metadata"]!.AsObject().Remove("labels");
        _scene.Objects.Put($"{ControllerScene.Deployments}/worker", workload);

        _scene.Attach("alice", "mine", "Replace", "worker");
        await _scene.ImageAsync("worker", "app:1");
        _scene.LookAgain();

        await _scene.ImageAsync("worker", "landline:1");
    }

    [Fact]
    public async Task A_placeholder_of_which_nothing_tells_what_it_stands_for_does_not_become_the_original()
    {
        JsonObject workload = _scene.PutDeployment("worker");
        ContainerSwap.Replace(workload, "app", "gone", 1, "landline:1", "Never");
        workload["metadata"]!["annotations"]![SwapRecord.Annotation] = "edited";
        workload["spec"]!["template"]!["metadata"]!["annotations"]!.AsObject().Remove(SwapRecord.Annotation);
        _scene.Objects.Put($"{ControllerScene.Deployments}/worker", workload);

        _scene.Attach("alice", "mine", "Replace", "worker");

        Assert.Equal(
            ("OriginalUnknown", "Deployment/worker says that it has a placeholder (landline.dev/replaced-by in its template), and not what stood there before: deploy it anew."),
            await _scene.RefusalAsync("mine"));
        Assert.Empty(_scene.Changes);
    }

    [Fact]
    public async Task A_name_that_two_workloads_have_is_refused_with_both()
    {
        _scene.PutDeployment("web");
        _scene.Objects.Put("/apis/apps/v1/namespaces/shop/statefulsets/web", new JsonObject { ["spec"] = new JsonObject() });

        _scene.Attach("alice", "mine", "Intercept", "web");

        Assert.Equal(("AmbiguousWorkload", "'web' can mean deployment/web or statefulset/web."), await _scene.RefusalAsync("mine"));
    }

    [Fact]
    public async Task A_service_that_leads_elsewhere_is_refused_with_those_that_lead_there()
    {
        _scene.PutDeployment("web");
        _scene.Objects.Put("/api/v1/namespaces/shop/services/front", JsonNode.Parse(
            """{"spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}""")!.AsObject());

        _scene.Attach("alice", "mine", "Intercept", "web", ""","service": "back" """);

        Assert.Equal(
            ("ServiceNotFound", "Service 'back' does not select the pods of deployment/web; these do: front."), await _scene.RefusalAsync("mine"));
    }
}
