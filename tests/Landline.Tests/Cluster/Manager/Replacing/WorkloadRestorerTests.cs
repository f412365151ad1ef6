using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Replacing;
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
    private readonly ManualTime _time = new();
    private ApiServerScene _scene = null!;
    private WorkloadRestorer _restorer = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync()
    {
        _scene = await ApiServerScene.StartAsync();
        _restorer = new WorkloadRestorer(new WorkloadTemplates(_scene.Client), () => _attachments, _time, _log);
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
        broken["metadata"]!["annotations"]![ContainerSwap.RecordAnnotation] = """{"uid":1}""";
        _scene.Server.Objects.Put($"{Deployments}/a", broken);
        PutReplaced("b", "gone");

        Run();

        await ImageAsync("b", "worker:1");
        Assert.False(_running.IsCompleted);
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

    private JsonObject PutReplaced(string name, string uid)
    {
        JsonObject workload = JsonNode.Parse(
            """{"spec": {"template": {"spec": {"containers": [{"name": "worker", "image": "worker:1"}]}}}}""")!.AsObject();
        Assert.True(ContainerSwap.Replace(workload, "worker", uid, 1, "landline:1", "Never"));
        return _scene.Server.Objects.Put($"{Deployments}/{name}", workload);
    }

    private static AttachmentObject Active(string uid) => new() { Metadata = new() { Uid = uid }, Status = new() { Phase = AttachmentPhase.Active } };

    private string ImageOf(string name) =>
        _scene.Server.Objects.Get($"{Deployments}/{name}")!["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.ToString();

    private async Task ImageAsync(string name, string image)
    {
        CancellationToken deadline = Deadline.Token;
        while (ImageOf(name) != image)
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
