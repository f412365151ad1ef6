using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Connections;
using Landline.TestSupport;
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
        var announcement = new Announcement(_scene.Client, "landline", "sha256:own", 7070, "2", TimeProvider.System, NullLogger.Instance);
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
