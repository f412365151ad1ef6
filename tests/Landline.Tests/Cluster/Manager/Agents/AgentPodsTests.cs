using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Connections;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Agents;

/// <summary>Agents' pods while a manager takes over from another, whose agents have another image.</summary>
public sealed class AgentPodsTests : IAsyncLifetime
{
    private const string Pods = "/api/v1/namespaces/landline/pods";
    private const string ConfigMap = "/api/v1/namespaces/landline/configmaps/landline-manager";
    private const string OldAgent = $"{Pods}/landline-agent-node1";

    private readonly CancellationTokenSource _stop = new();
    private ApiServerScene _scene = null!;
    private AgentPods _pods = null!;
    private Task _running = null!;

    public async ValueTask InitializeAsync()
    {
        _scene = await ApiServerScene.StartAsync();
        PutAgent("landline:1");
        Announce("sha256:predecessor");
        var announcement = new Announcement(_scene.Client, "landline", "own", "sha256:own", 7070, 7072, "2", TimeProvider.System, NullLogger.Instance);
        _pods = new AgentPods(
            _scene.Client, new AgentPodManifest("landline", "landline:2", "Never"), TimeSpan.FromMinutes(5), announcement.IsCurrentAsync,
            TimeProvider.System, NullLogger.Instance);
        _running = _pods.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        _pods.Dispose();
        await _scene.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_manager_that_is_not_in_charge_yet_leaves_the_agents_of_its_predecessor_alone()
    {
        await UntilAsync(() => Asked >= 2); // It has looked at them twice.
        Assert.NotNull(_scene.Server.Objects.Get(OldAgent));

        Announce("sha256:own");

        await UntilAsync(() => _scene.Server.Objects.Get(OldAgent) is null);
    }

    [Fact]
    public async Task A_manager_that_is_not_in_charge_any_more_makes_no_agents()
    {
        _pods.SetNeeded(["node2"]);
        await UntilAsync(() => Asked >= 2);
        Assert.DoesNotContain(_scene.Server.Requests, request => request is { Method: "POST", Path: Pods });

        Announce("sha256:own");

        await UntilAsync(() => _scene.Server.Objects.Get($"{Pods}/landline-agent-node2") is not null);
    }

    [Fact]
    public async Task An_agent_whose_image_admission_has_pinned_and_beside_which_it_has_put_a_container_stays()
    {
        const string Agent = $"{Pods}/landline-agent-node2";
        _scene.Server.Answer = AdmitAsync;
        Announce("sha256:own");
        _pods.SetNeeded(["node2"]);
        await UntilAsync(() => _scene.Server.Objects.Get(Agent) is not null);
        string uid = Uid();

        // What comes later is made and deleted by a look that has seen the agent of node2.
        _pods.SetNeeded(["node2", "node3"]);
        await UntilAsync(() => _scene.Server.Objects.Get($"{Pods}/landline-agent-node3") is not null);
        await UntilAsync(() => _scene.Server.Objects.Get(OldAgent) is null);
        PutAgent("landline:1");
        await UntilAsync(() => _scene.Server.Objects.Get(OldAgent) is null);

        Assert.Equal(uid, Uid());
        Assert.DoesNotContain(_scene.Server.Requests, request => request is { Method: "DELETE", Path: Agent });

        string Uid() => _scene.Server.Objects.Get(Agent)!["metadata"]!["uid"]!.ToString();
    }

    // As a policy engine and a mesh do: images by digest from a mirror, and a container of their own in front.
    private async Task<bool> AdmitAsync(HttpContext context)
    {
        if (context.Request is not { Method: "POST", Path.Value: Pods })
        {
            return false;
        }

        JsonObject pod = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        JsonArray containers = pod["spec"]!["containers"]!.AsArray();
        containers[0]!["image"] = "mirror.local/landline@sha256:abc";
        containers.Insert(0, new JsonObject { ["name"] = "proxy", ["image"] = "proxy:1" });
        JsonObject made = _scene.Server.Objects.Put($"{Pods}/{pod["metadata"]!["name"]}", pod);
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(made.ToJsonString());
        return true;
    }

    private int Asked => _scene.Server.Requests.Count(request => request is { Method: "GET", Path: ConfigMap });

    private void Announce(string fingerprint) => _scene.Server.Objects.Put(
        ConfigMap, new JsonObject { ["data"] = new JsonObject { ["fingerprint"] = fingerprint } });

    private void PutAgent(string image) => _scene.Server.Objects.Put(OldAgent, JsonNode.Parse(
        $$$"""
        {"metadata": {"labels": {"app.kubernetes.io/name": "landline-agent"}},
         "spec": {"nodeName": "node1", "containers": [{"name": "agent", "image": "{{{image}}}"}]}, "status": {"phase": "Running"}}
        """)!.AsObject());

    private static async Task UntilAsync(Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline);
        }
    }
}
