using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Replacing;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;

namespace Landline.Tests.Cluster.Manager.Replacing;

/// <summary>What comes back when nobody wants it replaced, whatever is the matter with others.</summary>
public sealed class WorkloadRestorerTests : IAsyncLifetime
{
    private const string Deployments = "/apis/apps/v1/namespaces/shop/deployments";

    private readonly CancellationTokenSource _stop = new();
    private readonly ListLogger<WorkloadRestorer> _log = new();
    private readonly List<AttachmentObject> _attachments = [];
    private readonly List<Replica> _pods = [];
    private readonly ManualTime _time = new();
    private ApiServerScene _scene = null!;
    private WorkloadRestorer _restorer = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _scene = await ApiServerScene.StartAsync();
        _restorer = new WorkloadRestorer(new WorkloadTemplates(_scene.Client), () => _attachments, () => _pods, _time, _log);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _scene.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_workload_that_cannot_be_restored_holds_up_no_other_and_is_tried_again()
    {
        PutReplaced("a", "gone");
        PutReplaced("b", "gone");
        bool refuses = true;
        _scene.Server.Answer = context => Volatile.Read(ref refuses) && context.Request is { Method: "PATCH", Path.Value: $"{Deployments}/a" }
            ? RefuseAsync(context)
            : Task.FromResult(false);

        Run();
        await ImageAsync("b", "worker:1");
        Assert.Equal("landline:1", ImageOf("a"));

        Volatile.Write(ref refuses, false);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        await ImageAsync("a", "worker:1");
        await StopAsync(); // It may be writing into its log.
        Assert.Single(_log.Records, record => record.Message == "The deployment shop/a cannot be restored, trying again: exceeded quota.");
    }

    [Fact]
    public async Task A_record_that_nobody_can_read_ends_nothing()
    {
        JsonObject broken = PutReplaced("a", "gone");
        broken["metadata"]!["annotations"]![SwapRecord.Annotation] = """{"uid":1}""";
        _scene.Server.Objects.Put($"{Deployments}/a", broken);
        PutReplaced("b", "gone");

        Run();

        await ImageAsync("b", "worker:1");
        Assert.False(_running.IsCompleted);
    }

    [Fact]
    public async Task What_cannot_be_done_is_told_once_and_not_at_every_try()
    {
        PutReplaced("a", "gone");
        _scene.Server.Answer = context => context.Request.Path.StartsWithSegments("/apis/apps/v1/statefulsets")
            || context.Request is { Method: "PATCH", Path.Value: $"{Deployments}/a" } ? RefuseAsync(context) : Task.FromResult(false);

        Run();
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        _scene.Server.Answer = _ => Task.FromResult(false);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token); // That sweep is over.
        await StopAsync();

        Assert.Equal(
            [
                "The deployment shop/a cannot be restored, trying again: exceeded quota.",
                "The deployment shop/a is restored",
                "Workloads of kind StatefulSet are checked for placeholders again",
                "Workloads of kind StatefulSet cannot be checked for placeholders, trying again: exceeded quota.",
            ],
            _log.Records.Select(record => record.Message).Order(StringComparer.Ordinal));
    }

    // As `kubectl rollout undo` does: the template and the annotations are those of a revision, the labels are not.
    [Fact]
    public async Task A_deployment_that_somebody_has_rolled_back_to_a_placeholder_is_restored()
    {
        JsonObject workload = PutReplaced("a", "gone");
        workload["metadata"]!.AsObject().Remove("labels");
        _scene.Server.Objects.Put($"{Deployments}/a", workload);
        _pods.Add(PodOf("gone.2", "ReplicaSet", "a-7f"));

        Run();

        await ImageAsync("a", "worker:1");
        Assert.True(JsonNode.DeepEquals(Original["spec"], _scene.Server.Objects.Get($"{Deployments}/a")!["spec"]));
    }

    [Fact]
    public async Task A_stateful_set_whose_revision_brings_the_template_alone_is_restored()
    {
        const string StatefulSet = "/apis/apps/v1/namespaces/shop/statefulsets/db";
        JsonObject workload = Original;
        Assert.True(ContainerSwap.Replace(workload, "worker", "gone", 1, "landline:1", "Never"));
        workload.Remove("metadata");
        _scene.Server.Objects.Put(StatefulSet, workload);
        _pods.Add(PodOf("gone", "StatefulSet", "db"));

        Run();

        await UntilAsync(() => JsonNode.DeepEquals(Original["spec"], _scene.Server.Objects.Get(StatefulSet)!["spec"]));
    }

    [Fact]
    public async Task A_placeholder_whose_attachment_stands_keeps_its_workload_though_that_has_no_label()
    {
        JsonObject workload = PutReplaced("kept", "kept");
        workload["metadata"]!.AsObject().Remove("labels");
        _scene.Server.Objects.Put($"{Deployments}/kept", workload);
        _pods.Add(PodOf("kept", "ReplicaSet", "kept-7f"));
        _attachments.Add(Active("kept"));

        Run();
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token); // It has looked, and rests.

        Assert.Equal("landline:1", ImageOf("kept"));
    }

    [Fact]
    public async Task A_placeholder_without_a_record_is_the_administrators()
    {
        JsonObject workload = PutReplaced("a", "gone");
        workload["metadata"]!.AsObject().Remove("annotations");
        workload["spec"]!["template"]!["metadata"]!["annotations"]!.AsObject().Remove(SwapRecord.Annotation);
        _scene.Server.Objects.Put($"{Deployments}/a", workload);

        Run();
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        await StopAsync();

        Assert.Equal("landline:1", ImageOf("a"));
        Assert.Single(
            _log.Records, record => record.Message == "The deployment shop/a has a placeholder in its template and no readable record of the original: it has to be deployed anew");
    }

    [Fact]
    public async Task What_is_released_comes_back_at_once_though_its_attachment_still_says_that_it_is_active()
    {
        PutReplaced("kept", "kept");
        PutReplaced("released", "released");
        _attachments.AddRange([Active("kept"), Active("released")]);
        Run();
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token); // It has looked, and rests.
        Assert.Equal(("landline:1", "landline:1"), (ImageOf("kept"), ImageOf("released")));

        _restorer.Release("released");

        await ImageAsync("released", "worker:1");
        Assert.Equal("landline:1", ImageOf("kept"));
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Run() => _running = _restorer.RunAsync(Task.CompletedTask, _stop.Token);

    private static JsonObject Original => JsonNode.Parse(
        """
        {"spec": {"template": {"metadata": {"labels": {"app": "worker"}}, "spec": {"containers": [{"name": "worker", "image": "worker:1"}]}}}}
        """)!.AsObject();

    private JsonObject PutReplaced(string name, string uid)
    {
        JsonObject workload = Original;
        Assert.True(ContainerSwap.Replace(workload, "worker", uid, 1, "landline:1", "Never"));
        return _scene.Server.Objects.Put($"{Deployments}/{name}", workload);
    }

    private static Replica PodOf(string mark, string ownerKind, string owner) => Replica.Of(new Pod
    {
        Metadata = new()
        {
            Name = $"{owner}-1",
            Namespace = "shop",
            Uid = owner,
            Labels = new Dictionary<string, string> { ["pod-template-hash"] = "7f" },
            Annotations = new Dictionary<string, string> { [ContainerSwap.PodAnnotation] = mark },
            OwnerReferences = [new() { ApiVersion = "apps/v1", Kind = ownerKind, Name = owner, Uid = "1", Controller = true }],
        },
        Spec = new() { NodeName = "node1", Containers = [new() { Name = "worker" }] },
        Status = new() { Phase = "Running" },
    })!;

    private static AttachmentObject Active(string uid) => new() { Metadata = new() { Uid = uid }, Status = new() { Phase = AttachmentPhase.Active } };

    private string ImageOf(string name) =>
        _scene.Server.Objects.Get($"{Deployments}/{name}")!["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.ToString();

    private Task ImageAsync(string name, string image) => UntilAsync(() => ImageOf(name) == image);

    private static async Task UntilAsync(Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline);
        }
    }

    private static async Task<bool> RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("""{"kind": "Status", "code": 403, "reason": "Forbidden", "message": "exceeded quota."}""");
        return true;
    }
}
