using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Connections;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Connections;

/// <summary>Which of two managers is in charge, when one of them goes.</summary>
public sealed class AnnouncementTests : IAsyncLifetime
{
    private const string ConfigMap = "/api/v1/namespaces/landline/configmaps/landline-manager";
    private const string OtherPod = "/api/v1/namespaces/landline/pods/other";

    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private ApiServerScene _scene = null!;
    private Announcement _announcement = null!;
    private Task _running = null!;

    public async ValueTask InitializeAsync()
    {
        _scene = await ApiServerScene.StartAsync();
        _announcement = new Announcement(_scene.Client, "landline", "own", "sha256:own", 7070, 7072, "2", _time, NullLogger.Instance);
        _running = _announcement.RunAsync(_stop.Token);
        await _announcement.Written.WaitAsync(Deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        await _scene.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public void It_says_by_which_key_where_and_in_which_pod_the_manager_is_known() => Assert.Equal(
        """{"fingerprint":"sha256:own","port":"7070","webSocketPort":"7072","version":"2","pod":"own"}""", _scene.Server.Objects.Get(ConfigMap)!["data"]!.ToJsonString());

    [Fact]
    public async Task A_successor_that_is_gone_is_succeeded_by_who_is_left()
    {
        PutPod("Running");
        PutOther(pod: "other");
        await CheckAsync();
        Assert.False(await _announcement.IsCurrentAsync(Deadline.Token));

        _scene.Server.Objects.Delete(OtherPod);
        await CheckAsync();

        Assert.True(await _announcement.IsCurrentAsync(Deadline.Token));
    }

    [Fact]
    public async Task A_successor_that_was_evicted_is_gone_too()
    {
        PutPod("Failed");
        PutOther(pod: "other");

        await CheckAsync();

        Assert.True(await _announcement.IsCurrentAsync(Deadline.Token));
    }

    [Fact]
    public async Task A_manager_that_does_not_say_where_it_runs_stays_in_charge()
    {
        PutOther(pod: null);

        await CheckAsync();

        Assert.False(await _announcement.IsCurrentAsync(Deadline.Token));
    }

    private void PutPod(string phase) => _scene.Server.Objects.Put(OtherPod, new JsonObject { ["status"] = new JsonObject { ["phase"] = phase } });

    private void PutOther(string? pod)
    {
        var data = new JsonObject { ["fingerprint"] = "sha256:other" };
        if (pod is not null)
        {
            data["pod"] = pod;
        }

        _scene.Server.Objects.Put(ConfigMap, new JsonObject { ["data"] = data });
    }

    // Returns when the check is over and the next one waits for its time.
    private async Task CheckAsync()
    {
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(30), Deadline.Token);
        await _time.AdvanceToTimerAsync(TimeSpan.FromSeconds(30), Deadline.Token);
    }
}
