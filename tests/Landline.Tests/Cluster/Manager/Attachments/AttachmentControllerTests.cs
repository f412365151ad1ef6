using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Replacing;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Attachments;

/// <summary>What the manager decides about attachments to pods of a fake cluster, whose session has asked for them.</summary>
public sealed class AttachmentControllerTests : IAsyncLifetime
{
    private const string Shop = "/apis/landline.dev/v1/namespaces/shop/attachments";

    private readonly CancellationTokenSource _stop = new();
    private readonly ListLogger<AttachmentController> _log = new();
    private readonly WorkstationRegistry _workstations = new();
    private readonly WorkstationMessages _messages = new();
    private ApiServerScene _scene = null!;
    private ConnectionStore _connections = null!;
    private WorkstationPeer _workstation = null!;

    public async ValueTask InitializeAsync()
    {
        _scene = await ApiServerScene.StartAsync();
        _connections = new ConnectionStore(_scene.Client, TimeProvider.System, NullLogger.Instance);
        JsonObject connection = _scene.Server.Objects.Put(
            "/apis/landline.dev/v1/namespaces/shop/connections/alice",
            JsonNode.Parse("""{"spec": {"client": {"user": "alice", "host": "desk"}, "publicKeyFingerprint": "sha256:a11ce"} }""")!.AsObject());
        _workstation = new WorkstationPeer(
            new Session(Guid.NewGuid(), isClient: false, (_, _) => { }, TimeProvider.System, KeepAlive.Default, TimeSpan.FromMinutes(2)),
            new ConnectionObject { Metadata = new() { Namespace = "shop", Name = "alice", Uid = connection["metadata"]!["uid"]!.ToString() } },
            services: null!, // It opens no streams.
            new ManagerMetrics(),
            new TrackedTasks(NullLogger.Instance),
            TimeProvider.System,
            _stop.Token);
        _workstations.Add(_workstation);
    }

    public async ValueTask DisposeAsync()
    {
        await _workstation.Session.DisposeAsync();
        await _scene.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task What_cannot_be_decided_for_lack_of_foresight_is_refused_and_harms_nobody_else()
    {
        PutPod("web");
        PutPod("other");
        await RunAsync(
            canBothMatch: (_, _) => throw new InvalidOperationException("nobody thought of this"),
            async controller =>
            {
                await AttachedAsync(controller, Put("first", "web", header: "alice"));
                string second = Put("second", "web", header: "bob");

                JsonObject status = await StatusAsync(second, "Refused");
                await AttachedAsync(controller, Put("third", "other", header: "alice"));

                Assert.Equal("InternalError", status["reason"]!.ToString());
                Assert.Equal("The manager failed at attachment 'shop/second' (InvalidOperationException); its log says more.", status["message"]!.ToString());
                Assert.Contains(controller.Attached.Keys, key => key.Name == "first");
                Assert.DoesNotContain(controller.Attached.Keys, key => key.Name == "second");
            });
        Assert.Single(_log.Records, record => record.Message.Contains("shop/second is refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_attached_before_it_could_not_be_decided_any_more_is_given_back()
    {
        PutPod("web");
        bool fails = false;
        await RunAsync(
            canBothMatch: (_, _) => Volatile.Read(ref fails) ? throw new InvalidOperationException("nobody thought of this") : false,
            async controller =>
            {
                await AttachedAsync(controller, Put("first", "web", header: "alice"));
                await AttachedAsync(controller, Put("second", "web", header: "bob"));

                Volatile.Write(ref fails, true);
                PutPod("another");

                // Which of two that were made in the same second is looked at first is open.
                await UntilAsync("one is given back", () => controller.Attached.Count == 1);
                string refused = controller.Attached.Keys.Single().Name == "first" ? "second" : "first";
                Assert.Equal("InternalError", (await StatusAsync(refused, "Refused"))["reason"]!.ToString());
            });
    }

    [Fact]
    public async Task The_second_who_wants_a_port_is_told_who_has_it()
    {
        PutPod("web");
        await RunAsync(
            canBothMatch: (_, _) => true,
            async controller =>
            {
                await AttachedAsync(controller, Put("first", "web", header: "alice"));

                JsonObject status = await StatusAsync(Put("second", "web", header: "bob"), "Refused");

                Assert.Equal("PortTaken", status["reason"]!.ToString());
                Assert.Equal("Port 8080 of pod/web is taken by alice@desk (header x-user=alice).", status["message"]!.ToString());
            });
    }

    [Fact]
    public async Task A_filter_is_refused_where_nothing_but_datagrams_comes()
    {
        PutPod("web", ports: """{"containerPort": 53, "protocol": "UDP"}""");
        await RunAsync(
            canBothMatch: (_, _) => true,
            async _ =>
            {
                JsonObject status = await StatusAsync(Put("first", "web", header: "alice"), "Refused");

                Assert.Equal("WrongFilter", status["reason"]!.ToString());
                Assert.Equal("An HTTP filter matches no datagrams, and only UDP ports of pod/web are asked for.", status["message"]!.ToString());
            });
    }

    [Fact]
    public async Task Filters_that_exclude_each_other_do_not_share_a_port_of_datagrams()
    {
        PutPod("web", ports: """{"name": "tcp", "containerPort": 53}, {"name": "udp", "containerPort": 53, "protocol": "UDP"}""");
        const string Both = """[{"identifier": "tcp"}, {"identifier": "udp", "protocol": "UDP"}]""";
        await RunAsync(
            canBothMatch: (_, _) => false,
            async controller =>
            {
                await AttachedAsync(controller, Put("first", "web", header: "alice", Both));
                await AttachedAsync(controller, Put("second", "web", header: "bob", """[{"identifier": "tcp"}]"""));

                JsonObject status = await StatusAsync(Put("third", "web", header: "carol", Both), "Refused");

                Assert.Equal("PortTaken", status["reason"]!.ToString());
            });
    }

    [Fact]
    public void A_pod_with_users_of_its_own_in_which_the_agent_fails_is_told_from_others()
    {
        var failed = new AttachedPod { Name = "web", State = AttachedPodState.Failed, Message = "/proc/7/ns/net: Permission denied" };
        Replica pod = Replica.Of(JsonSerializer.Deserialize(
            """{"metadata": {"name": "web", "namespace": "shop", "uid": "u"}, "spec": {"nodeName": "node1", "hostUsers": false}}""", WireFormat.Of<Pod>())!)!;

        Assert.Equal(
            (AttachmentPhase.Pending, "UserNamespace",
                "Pod web has a user namespace of its own (hostUsers: false), in which the agent failed: /proc/7/ns/net: Permission denied"),
            AttachmentController.FailureOf(failed, pod));
        Assert.Equal(
            (AttachmentPhase.Pending, "PodFailed", "Pod web: /proc/7/ns/net: Permission denied"),
            AttachmentController.FailureOf(failed, pod with { HasOwnUsers = false }));
    }

    [Theory]
    [InlineData("CrashLoopBackOff", "ContainerFails", "Container 'app' runs in no pod of pod/web (CrashLoopBackOff).")]
    [InlineData("ContainerCreating", "NothingRuns", "Container 'app' runs in no pod of pod/web.")]
    public async Task A_container_that_fails_to_start_is_told_from_one_that_is_just_starting(string waitsFor, string reason, string message)
    {
        PutPod("web", $$$"""{"waiting": {"reason": "{{{waitsFor}}}"} }""");
        await RunAsync(
            canBothMatch: (_, _) => true,
            async controller =>
            {
                string name = Put("first", "web", header: "alice");
                await AttachedAsync(controller, name);

                JsonObject status = await StatusAsync(name, "Pending", reason);

                Assert.Equal(message, status["message"]!.ToString());
            });
    }

    private async Task RunAsync(Func<HttpMatch, HttpMatch, bool> canBothMatch, Func<AttachmentController, Task> test)
    {
        var registry = new AttachmentRegistry();
        using var pods = new AgentPods(
            _scene.Client, new AgentPodManifest("landline", "image", "Never"), TimeSpan.FromMinutes(5), _ => Task.FromResult(true), TimeProvider.System, NullLogger.Instance);
        var agents = new AgentFleet(new AgentRegistry(), pods, _ => true, TimeProvider.System, NullLogger.Instance);
        var replacer = new WorkloadReplacer(_scene.Client, "image", "Never", () => [], () => [], TimeProvider.System, NullLogger.Instance);
        using var controller = new AttachmentController(
            _scene.Client, _workstations, _messages, _connections, registry, agents, replacer, canBothMatch, TimeProvider.System, _log);
        Task running = Task.WhenAll(controller.RunAsync(_stop.Token), _connections.Objects.RunAsync(_stop.Token));
        try
        {
            await test(controller);
        }
        finally
        {
            await _stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }
    }

    private void PutPod(string name, string container = """{"running": {} }""", string ports = """{"containerPort": 8080}""") => _scene.Server.Objects.Put($"/api/v1/namespaces/shop/pods/{name}", JsonNode.Parse(
        $$$"""
        {"spec": {"nodeName": "node1", "containers": [{"name": "app", "ports": [{{{ports}}}]}]},
         "status": {"phase": "Running", "podIP": "10.0.0.1", "containerStatuses": [{"name": "app", "containerID": "containerd://1", "state": {{{container}}} }]}}
        """)!.AsObject());

    // As a session does: it makes the object and says that it is its own.
    private string Put(string name, string pod, string header, string ports = "[]")
    {
        JsonObject stored = _scene.Server.Objects.Put($"{Shop}/{name}", JsonNode.Parse(
            $$$"""
            {"spec": {"connection": "alice", "type": "Intercept", "workload": {"kind": "Pod", "name": "{{{pod}}}"}, "ports": {{{ports}}},
                      "http": {"headers": [{"name": "x-user", "value": "{{{header}}}"}] } } }
            """)!.AsObject());
        _messages.Received(_workstation, new ConfirmAttachmentMessage { Name = name, Uid = stored["metadata"]!["uid"]!.ToString() });
        return name;
    }

    private Task AttachedAsync(AttachmentController controller, string name) =>
        UntilAsync($"{name} is attached", () => controller.Attached.Keys.Any(key => key.Name == name));

    private async Task<JsonObject> StatusAsync(string name, string phase, string? reason = null)
    {
        JsonObject? status = null;
        await UntilAsync(
            $"{name} is {phase} {reason}",
            () => (status = _scene.Server.Objects.Get($"{Shop}/{name}")?["status"] as JsonObject)?["phase"]?.ToString() == phase
                && (reason is null || status["reason"]?.ToString() == reason));
        return status!;
    }

    private async Task UntilAsync(string what, Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"{what}; log: {string.Join("; ", _log.Records.Select(record => record.Message))}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
