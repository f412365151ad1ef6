using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Connections;
using Landline.Tests.Cluster.Manager.Attachments;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager;

/// <summary>The manager while it has no token that the API server takes, and cannot get one: nothing ends, nothing is refused, all is done later.</summary>
public sealed class MissingTokenTests
{
    private const string Pods = "/api/v1/namespaces/landline/pods";

    [Fact]
    public async Task Who_wants_a_workload_replaced_meanwhile_gets_it_and_who_does_not_gives_it_back()
    {
        await using ControllerScene scene = await ControllerScene.StartAsync();
        scene.Connect("alice");
        scene.PutDeployment("worker");
        scene.PutDeployment("web");
        scene.PutPod("web-1", "web");
        await scene.AttachedAsync(scene.Attach("alice", "webs", "Intercept", "web")); // Everything is known by now.

        scene.Api.TakeTokenAway();
        scene.Attach("alice", "mine", "Replace", "worker");
        await scene.UntilAsync("the workload was asked for", () => scene.Api.Refused > 0);
        scene.Api.GiveTokenBack();
        await scene.ImageAsync("worker", "landline:1");

        scene.Api.TakeTokenAway();
        int refused = scene.Api.Refused;
        scene.Detach("mine");
        await scene.UntilAsync("the workload was asked for", () => scene.Api.Refused > refused);
        scene.Api.GiveTokenBack();
        await scene.ReplacerTime.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        await scene.ImageAsync("worker", "app:1");
    }

    [Fact]
    public async Task An_agent_that_is_needed_meanwhile_is_made_when_it_is_back()
    {
        await using ApiServerScene scene = await ApiServerScene.StartAsync();
        using var stop = new CancellationTokenSource();
        using var pods = new AgentPods(
            scene.Client, new AgentPodManifest("landline", "landline:2", "Never"), TimeSpan.FromMinutes(5), _ => Task.FromResult(true),
            TimeProvider.System, NullLogger.Instance);
        Task running = pods.RunAsync(stop.Token);
        pods.SetNeeded(["node1"]);
        await UntilAsync(running, () => scene.Server.Objects.Get($"{Pods}/landline-agent-node1") is not null);

        scene.TakeTokenAway();
        pods.SetNeeded(["node1", "node2"]);
        await UntilAsync(running, () => scene.Refused > 0);
        scene.GiveTokenBack();

        await UntilAsync(running, () => scene.Server.Objects.Get($"{Pods}/landline-agent-node2") is not null);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task The_managers_key_is_announced_when_it_is_back()
    {
        await using ApiServerScene scene = await ApiServerScene.StartAsync();
        var time = new ManualTime();
        using var stop = new CancellationTokenSource();
        var announcement = new Announcement(scene.Client, "landline", "own", "sha256:own", 7070, 7072, "2", time, NullLogger.Instance);

        scene.TakeTokenAway();
        Task running = announcement.RunAsync(stop.Token);
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(2), Deadline.Token);
        scene.GiveTokenBack();
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(2), Deadline.Token);

        await announcement.Written.WaitAsync(Deadline.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static async Task UntilAsync(Task running, Func<bool> condition)
    {
        CancellationToken deadline = Deadline.Token;
        while (!condition())
        {
            Assert.False(running.IsCompleted, running.Exception?.ToString());
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline);
        }
    }
}
