using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Manager;

/// <summary>A workload whose container is replaced, when nobody is left who would say that it is to come back.</summary>
public sealed class ReplacedWorkloadTests : IDisposable
{
    private const string Attachments = $"/apis/landline.dev/v1/namespaces/{ManagerRun.Namespace}/attachments";
    private const string Connections = $"/apis/landline.dev/v1/namespaces/{ManagerRun.Namespace}/connections";
    private const string Deployments = $"/apis/apps/v1/namespaces/{ManagerRun.Namespace}/deployments";
    private const int GraceSeconds = 1;

    private const string Worker =
        """
        {"metadata": {"labels": {"app": "worker"}},
         "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "worker"}},
                  "template": {"metadata": {"labels": {"app": "worker"}},
                               "spec": {"containers": [{"name": "worker", "image": "worker:1", "livenessProbe": {"exec": {"command": ["true"]}}}]}}}}
        """;

    private readonly X509Certificate2 _certificate = PinnedTls.CreateCertificate(TimeProvider.System);

    [Fact]
    public async Task It_comes_back_when_the_workstation_has_been_away_for_the_grace_period_and_not_before()
    {
        await using ManagerRun manager = await ManagerRun.StartReadyAsync();
        await using SessionClient workstation = manager.NewWorkstation("alice", _certificate, _certificate, GraceSeconds);
        string before = PutWorkload(manager, "worker");
        await ReplaceAsync(manager, await workstation.StartAsync(Deadline.Token), "worker");

        long cut = TimeProvider.System.GetTimestamp();
        manager.CutWorkstationsOff();
        await manager.UntilAsync(() => Task.FromResult(WorkloadOf(manager, "worker") == before));

        Assert.True(TimeProvider.System.GetElapsedTime(cut) >= TimeSpan.FromSeconds(GraceSeconds));
        Assert.Null(manager.ApiServer.Objects.Get($"{Connections}/alice"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_manager_that_has_just_started_gives_back_what_no_attachment_wants_replaced_any_more(bool isRefused)
    {
        await using ManagerRun manager = await ManagerRun.StartReadyAsync();
        await using SessionClient workstation = manager.NewWorkstation("alice", _certificate, _certificate);
        Session session = await workstation.StartAsync(Deadline.Token);

        // Looked at in the order of their names: when the second one is back the first one has been left alone.
        PutWorkload(manager, "kept");
        string before = PutWorkload(manager, "left");
        await ReplaceAsync(manager, session, "kept");
        await ReplaceAsync(manager, session, "left");
        string replaced = WorkloadOf(manager, "kept");

        await manager.KillAsync();
        if (isRefused)
        {
            JsonObject attachment = manager.ApiServer.Objects.Get($"{Attachments}/left")!;
            attachment["status"] = new JsonObject { ["phase"] = "Refused" };
            manager.ApiServer.Objects.Put($"{Attachments}/left", attachment);
        }
        else
        {
            Assert.True(manager.ApiServer.Objects.Delete($"{Attachments}/left"));
        }

        await manager.StartAgainAsync();

        await manager.UntilAsync(() => Task.FromResult(WorkloadOf(manager, "left") == before));
        Assert.Equal(replaced, WorkloadOf(manager, "kept"));
    }

    public void Dispose() => _certificate.Dispose();

    private static string PutWorkload(ManagerRun manager, string name)
    {
        manager.ApiServer.Objects.Put($"{Deployments}/{name}", JsonNode.Parse(Worker)!.AsObject());
        return WorkloadOf(manager, name);
    }

    /// <summary>All of it but its version.</summary>
    private static string WorkloadOf(ManagerRun manager, string name)
    {
        JsonObject workload = manager.ApiServer.Objects.Get($"{Deployments}/{name}")!;
        JsonObject metadata = workload["metadata"]!.AsObject();
        metadata.Remove("resourceVersion");
        if (metadata["annotations"] is JsonObject { Count: 0 })
        {
            metadata.Remove("annotations"); // The API server leaves an empty map out.
        }

        return workload.ToJsonString();
    }

    /// <summary>As the daemon does: makes the object, and says over its session that it is its own. Returns when the template is changed.</summary>
    private static async Task ReplaceAsync(ManagerRun manager, Session session, string workload)
    {
        string before = WorkloadOf(manager, workload);
        JsonNode connection = manager.ApiServer.Objects.Get($"{Connections}/alice")!["metadata"]!;
        JsonObject attachment = manager.ApiServer.Objects.Put($"{Attachments}/{workload}", JsonNode.Parse(
            $$$"""
            {"metadata": {"ownerReferences": [{"apiVersion": "landline.dev/v1", "kind": "Connection", "name": "alice", "uid": "{{{connection["uid"]}}}"}]},
             "spec": {"connection": "alice", "type": "Replace", "workload": {"kind": "Deployment", "name": "{{{workload}}}"} } }
            """)!.AsObject());
        SessionStream control = await session.OpenAsync(StreamKind.Control, ReadOnlyMemory<byte>.Empty, Deadline.Token);
        using var lines = new JsonLines<ManagerMessage>(control.AsStream(), ProtocolJson.Default.ManagerMessage);
        await lines.WriteAsync(
            new ConfirmAttachmentMessage { Name = workload, Uid = attachment["metadata"]!["uid"]!.ToString() }, Deadline.Token);
        await manager.UntilAsync(() => Task.FromResult(WorkloadOf(manager, workload) != before));
    }
}
