using System.Text.Json.Nodes;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Replacing;
using Landline.Cluster.Manager.Sessions;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Attachments;

/// <summary>The controller and the replacer over a fake API server, with workstations that have a session each. All in namespace shop.</summary>
internal sealed class ControllerScene : IAsyncDisposable
{
    public const string Deployments = "/apis/apps/v1/namespaces/shop/deployments";
    private const string Attachments = "/apis/landline.dev/v1/namespaces/shop/attachments";
    private const string Connections = "/apis/landline.dev/v1/namespaces/shop/connections";

    private readonly CancellationTokenSource _stop = new();
    private readonly WorkstationRegistry _workstations = new();
    private readonly WorkstationMessages _messages = new();
    private readonly Dictionary<string, WorkstationPeer> _peers = [];
    private readonly List<WorkstationPeer> _all = [];
    private readonly ApiServerScene _api;
    private readonly ConnectionStore _connections;
    private readonly AgentPods _pods;
    private readonly Task _running;

    private ControllerScene(ApiServerScene api)
    {
        _api = api;
        _connections = new ConnectionStore(api.Client, TimeProvider.System, NullLogger.Instance);
        _pods = new AgentPods(
            api.Client, new AgentPodManifest("landline", "image", "Never"), TimeSpan.FromMinutes(5), _ => Task.FromResult(true), TimeProvider.System, NullLogger.Instance);
        var agents = new AgentFleet(new AgentRegistry(), _pods, _ => true, TimeProvider.System, NullLogger.Instance);
        var replacer = new WorkloadReplacer(api.Client, "landline:1", "Never", () => Controller!.Connected, () => Controller!.Replicas, ReplacerTime, NullLogger.Instance);
        Controller = new AttachmentController(
            api.Client, _workstations, _messages, _connections, Registry, agents, replacer, (_, _) => true, TimeProvider.System, NullLogger.Instance);
        _running = Parts.RunAsync(
            [Controller.RunAsync, _connections.Objects.RunAsync, token => replacer.RunAsync(Controller.Known, token)], _stop.Token);
    }

    public AttachmentController Controller { get; }

    public AttachmentRegistry Registry { get; } = new();

    /// <summary>Between two looks at a workload.</summary>
    public ManualTime ReplacerTime { get; } = new();

    public FakeApiServerObjects Objects => _api.Server.Objects;

    /// <summary>What was asked of the API server to change Deployments.</summary>
    public IEnumerable<FakeApiRequest> Changes => _api.Server.Requests.Where(request =>
        request.Method == "PATCH" && request.Path.StartsWith(Deployments, StringComparison.Ordinal));

    public ApiServerScene Api => _api;

    public static async Task<ControllerScene> StartAsync() => new(await ApiServerScene.StartAsync());

    /// <summary>Changes of Deployments are refused with this status.</summary>
    public void RefuseChanges(int code, string reason, string message) => _api.Server.Answer = async context =>
    {
        if (context.Request.Method != "PATCH" || !context.Request.Path.StartsWithSegments(Deployments))
        {
            return false;
        }

        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(new JsonObject { ["kind"] = "Status", ["code"] = code, ["reason"] = reason, ["message"] = message }.ToJsonString());
        return true;
    };

    /// <summary>A Connection without a session.</summary>
    public JsonObject PutConnection(string name) => Objects.Put(
        $"{Connections}/{name}", Json($$$"""{"spec": {"client": {"user": "{{{name}}}", "host": "desk"}, "publicKeyFingerprint": "sha256:a11ce"} }"""));

    /// <summary>A Connection and its session; anew, when there was one of that name.</summary>
    public void Connect(string name)
    {
        Objects.Delete($"{Connections}/{name}");
        JsonObject connection = PutConnection(name);
        var peer = new WorkstationPeer(
            new Session(Guid.NewGuid(), isClient: false, (_, _) => { }, TimeProvider.System, KeepAlive.Default, TimeSpan.FromMinutes(2)),
            new ConnectionObject { Metadata = new() { Namespace = "shop", Name = name, Uid = connection["metadata"]!["uid"]!.ToString() } },
            services: null!, // It opens no streams.
            new ManagerMetrics(),
            new TrackedTasks(NullLogger.Instance),
            TimeProvider.System,
            _stop.Token);
        _peers[name] = peer;
        _all.Add(peer);
        _workstations.Add(peer);
    }

    public JsonObject PutDeployment(string name, string ports = """[{"containerPort": 8080}]""", string more = "") =>
        Objects.Put($"{Deployments}/{name}", Json(
            $$$"""
            {"spec": {"selector": {"matchLabels": {"app": "{{{name}}}"} }, {{{more}}}
                      "template": {"metadata": {"labels": {"app": "{{{name}}}"} },
                                   "spec": {"containers": [{"name": "app", "image": "app:1", "command": ["run"], "ports": {{{ports}}} }]} } } }
            """));

    /// <summary>A pod that runs, of a Deployment.</summary>
    /// <param name="annotations">With commas between them.</param>
    public void PutPod(string name, string deployment, string annotations = "") => Objects.Put($"/api/v1/namespaces/shop/pods/{name}", Json(
        $$$"""
        {"metadata": {"labels": {"app": "{{{deployment}}}", "pod-template-hash": "1"}, "annotations": { {{{annotations}}} },
                      "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "{{{deployment}}}-1", "uid": "1", "controller": true}]},
         "spec": {"nodeName": "node1", "containers": [{"name": "app", "ports": [{"containerPort": 8080}]}]},
         "status": {"phase": "Running", "podIP": "10.0.0.1",
                    "containerStatuses": [{"name": "app", "containerID": "containerd://1", "state": {"running": {} } }]} }
        """));

    /// <summary>An attachment of a workstation, which its session confirms. Returns its name.</summary>
    /// <param name="more">More fields of the spec, each with a comma before it.</param>
    public string Attach(string connection, string name, string type, string workload, string more = "")
    {
        PutAttachment(connection, name, type, workload, more);
        Confirm(connection, name);
        return name;
    }

    public void Confirm(string connection, string name) => _messages.Received(
        _peers[connection], new ConfirmAttachmentMessage { Name = name, Uid = Objects.Get($"{Attachments}/{name}")!["metadata"]!["uid"]!.ToString() });

    /// <summary>One that no session confirms. Returns the object.</summary>
    /// <param name="owner">Uid of the Connection that it says it was made for; null: it says nothing.</param>
    public JsonObject PutAttachment(string connection, string name, string type, string workload, string more = "", string? owner = null)
    {
        JsonObject item = Json($$$"""{"spec": {"connection": "{{{connection}}}", "type": "{{{type}}}", "workload": {"name": "{{{workload}}}"} {{{more}}} } }""");
        if (owner is not null)
        {
            item["metadata"] = Json(
                $$$"""{"ownerReferences": [{"apiVersion": "landline.dev/v1", "kind": "Connection", "name": "{{{connection}}}", "uid": "{{{owner}}}"}]}""");
        }

        return Objects.Put($"{Attachments}/{name}", item);
    }

    public void Detach(string name) => Objects.Delete($"{Attachments}/{name}");

    /// <summary>Returns its reason and message.</summary>
    public async Task<(string Reason, string Message)> RefusalAsync(string name)
    {
        JsonNode? status = null;
        await UntilAsync($"{name} is refused", () => (status = Objects.Get($"{Attachments}/{name}")?["status"])?["phase"]?.ToString() == "Refused");
        return (status!["reason"]!.ToString(), status["message"]!.ToString());
    }

    public Task AttachedAsync(string name) => UntilAsync($"{name} is attached", () => Controller.Attached.Keys.Any(key => key.Name == name));

    /// <summary>The container of a Deployment's template, with its image.</summary>
    public JsonObject ContainerOf(string deployment) =>
        Objects.Get($"{Deployments}/{deployment}")!["spec"]!["template"]!["spec"]!["containers"]![0]!.AsObject();

    public Task ImageAsync(string deployment, string image) =>
        UntilAsync($"the image is {image}", () => ContainerOf(deployment)["image"]!.ToString() == image);

    /// <summary>As a tool does that brings what is written down: only what it knows of.</summary>
    public void Deploy(string deployment, string image)
    {
        JsonObject workload = Objects.Get($"{Deployments}/{deployment}")!;
        JsonNode container = workload["spec"]!["template"]!["spec"]!["containers"]![0]!;
        (container["image"], container["command"]) = (image, new JsonArray("run", image));
        Objects.Put($"{Deployments}/{deployment}", workload);
    }

    /// <summary>Lets the time between two looks at the workloads pass.</summary>
    public void LookAgain()
    {
        ReplacerTime.Advance(TimeSpan.FromSeconds(2));
        PutPod($"other-{Guid.NewGuid():N}", "other"); // The controller's loop looks when something has changed.
    }

    public async Task UntilAsync(string what, Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not in time: {what}.");
            Assert.False(_running.IsFaulted, _running.Exception?.ToString());
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (WorkstationPeer peer in _all)
        {
            await peer.Session.DisposeAsync();
        }

        Controller.Dispose();
        _pods.Dispose();
        await _api.DisposeAsync();
        _stop.Dispose();
    }

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
