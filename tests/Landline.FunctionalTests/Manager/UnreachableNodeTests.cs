using System.Text.Json.Nodes;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Replacing;
using Landline.Cluster.Manager.Sessions;
using Landline.FunctionalTests.AgentWorkloads;
using Landline.FunctionalTests.Kubernetes;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Manager;

/// <summary>A workload with a replica on each of two nodes, of which one gets an agent and the other never does.</summary>
public sealed class UnreachableNodeTests
{
    private const string Attachment = "/apis/landline.dev/v1/namespaces/shop/attachments/web";
    private const string Connection = "/apis/landline.dev/v1/namespaces/shop/connections/alice";

    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _stop = new();

    [Fact]
    public async Task One_dead_node_holds_the_other_replicas_up_for_ten_seconds_and_no_longer()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        await using SessionPair agent = await SessionPair.ConnectAsync();
        string uid = Fill(cluster);
        KubernetesClient client = cluster.Connect();
        var registry = new AgentRegistry();
        using var pods = new AgentPods(
            client, new AgentPodManifest("landline", "image", "Never"), TimeSpan.FromMinutes(5), _ => Task.FromResult(true), _time, NullLogger.Instance);
        var agents = new AgentFleet(registry, pods, _ => true, _time, NullLogger.Instance);
        var replacer = new WorkloadReplacer(client, "image", "Never", () => [], () => [], _time, NullLogger.Instance);
        var workstations = new WorkstationRegistry();
        var messages = new WorkstationMessages();
        var connections = new ConnectionStore(client, TimeProvider.System, NullLogger.Instance);
        WorkstationPeer workstation = Workstation(cluster.Server.Objects.Get(Connection)!["metadata"]!["uid"]!.ToString());
        workstations.Add(workstation);
        using var controller = new AttachmentController(
            client, workstations, messages, connections, new AttachmentRegistry(), agents, replacer, (_, _) => true, _time, NullLogger.Instance);
        messages.Received(workstation, new ConfirmAttachmentMessage { Name = "web", Uid = uid });
        Task running = Task.WhenAll(controller.RunAsync(_stop.Token), connections.Objects.RunAsync(_stop.Token));

        Task serving = ServeAgentAsync(agent, registry);
        try
        {
            using JsonLines<AgentMessage> lines = await ReportCapturedAsync(agent);
            await UntilAsync(cluster, "Pending", "Waiting");
            _time.Advance(ReplicaPatience.Usual - TimeSpan.FromMilliseconds(1));
            Assert.Equal("Pending", Status(cluster)!["phase"]!.ToString());
            _time.Advance(TimeSpan.FromMilliseconds(1));

            await UntilAsync(cluster, "Active", "Limited");
            Assert.Equal(
                "1 of 2 pods cannot be attached to and answer for themselves: web-2 (The agent on node node2 starts).",
                Status(cluster)!["message"]!.ToString());

            // A node that begins to start its agent now, or a replica that comes now, has nobody wait again.
            PutPod(cluster, 3);
            await UntilAsync(cluster, status => status["pods"]!.AsArray().Count == 3);
            Assert.Equal("Active", Status(cluster)!["phase"]!.ToString());
            Assert.StartsWith("2 of 3 pods", Status(cluster)!["message"]!.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            // The server waits for whoever watches.
            await _stop.CancelAsync();
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await serving;
        await workstation.Session.DisposeAsync();
    }

    private static string Fill(FakeCluster cluster)
    {
        cluster.Server.Objects.Put(Connection, new JsonObject { ["spec"] = new JsonObject() });
        cluster.Server.Objects.Put("/apis/apps/v1/namespaces/shop/daemonsets/web", JsonNode.Parse(
            """
            {"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
              "spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080}]}]}}}}
            """)!.AsObject());
        PutPod(cluster, 1);
        PutPod(cluster, 2);
        return cluster.Server.Objects.Put(Attachment, JsonNode.Parse(
            """{"spec": {"connection": "alice", "type": "Intercept", "workload": {"kind": "DaemonSet", "name": "web"}}}""")!.AsObject())["metadata"]!["uid"]!.ToString();
    }

    private static void PutPod(FakeCluster cluster, int number) => cluster.Server.Objects.Put($"/api/v1/namespaces/shop/pods/web-{number}", JsonNode.Parse(
        $$$"""
        {"metadata": {"labels": {"app": "web"}, "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "web", "uid": "d", "controller": true}]},
         "spec": {"nodeName": "node{{{number}}}", "containers": [{"name": "app", "ports": [{"containerPort": 8080}]}]},
         "status": {"phase": "Running", "containerStatuses": [{"name": "app", "containerID": "containerd://{{{number}}}", "state": {"running": {} } }] } }
        """)!.AsObject());

    private WorkstationPeer Workstation(string uid) => new(
        new Session(Guid.NewGuid(), isClient: false, (_, _) => { }, TimeProvider.System, KeepAlive.Default, TimeSpan.FromMinutes(2)),
        new ConnectionObject { Metadata = new() { Namespace = "shop", Name = "alice", Uid = uid } },
        services: null!, // It opens no streams.
        new ManagerMetrics(),
        new TrackedTasks(NullLogger.Instance),
        TimeProvider.System,
        _stop.Token);

    private async Task ServeAgentAsync(SessionPair agent, AgentRegistry registry)
    {
        var peer = new AgentPeer(
            agent.Manager, new Admission.Agent("node1", "agent-1", "a1"), inbound: null!, registry, new TrackedTasks(NullLogger.Instance), _stop.Token);
        SessionStream control = await agent.AtManager.ReadAsync(Deadline.Token);
        await registry.OnControl!(peer, control, _stop.Token);
    }

    // As an agent does when it has attached everything that it is told to.
    private static async Task<JsonLines<AgentMessage>> ReportCapturedAsync(SessionPair agent)
    {
        SessionStream stream = agent.Agent.Open(StreamKind.Control, []);
        var lines = new JsonLines<AgentMessage>(stream.AsStream(), ProtocolJson.Default.AgentMessage);
        AgentMessage? message;
        do
        {
            message = await lines.ReadAsync(Deadline.Token);
        }
        while (message is not DesiredMessage { Attachments.Count: 1 });

        var desired = (DesiredMessage)message;
        AgentAttachment wanted = desired.Attachments[0];
        var report = new AgentReport { Attachment = wanted.Attachment, PodUid = wanted.Pod.Uid, State = AttachedPodState.Captured };
        await lines.WriteAsync(new ReportMessage { Generation = desired.Generation, Pods = [report] }, Deadline.Token);
        return lines;
    }

    private static JsonObject? Status(FakeCluster cluster) => cluster.Server.Objects.Get(Attachment)?["status"] as JsonObject;

    private static Task UntilAsync(FakeCluster cluster, string phase, string reason) => UntilAsync(cluster, status =>
        status["phase"]?.ToString() == phase && status["reason"]?.ToString() == reason
        && status["pods"] is JsonArray pods && pods.Any(pod => pod!["state"]!.ToString() == "Captured"));

    private static async Task UntilAsync(FakeCluster cluster, Func<JsonObject, bool> isSo)
    {
        CancellationToken deadline = Deadline.Token;
        while (Status(cluster) is not { } status || !isSo(status))
        {
            Assert.False(deadline.IsCancellationRequested, Status(cluster)?.ToJsonString());
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
