using System.Text.Json.Nodes;
using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Kubernetes.Watching;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;

namespace Landline.FunctionalTests.Kubernetes;

public sealed class WatchTests
{
    private const string ConfigMaps = "/api/v1/namespaces/work/configmaps";

    [Fact]
    public async Task What_exists_comes_first_then_each_change()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        Put(cluster, "a", "1");
        await using IAsyncEnumerator<string> events = Follow(cluster.Connect());

        Assert.Equal(["added a 1", "synced"], await NextAsync(events, 2));
        Put(cluster, "b", "1");
        Put(cluster, "a", "2");
        cluster.Server.Objects.Delete($"{ConfigMaps}/a");
        Assert.Equal(["added b 1", "modified a 2", "deleted a 2"], await NextAsync(events, 3));
    }

    [Fact]
    public async Task After_410_Gone_what_was_missed_is_reported()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        Put(cluster, "kept", "1");
        Put(cluster, "changed", "1");
        Put(cluster, "deleted", "1");
        Put(cluster, "replaced", "1");
        var watching = new TaskCompletionSource<HttpContext>();
        cluster.Server.Answer = async context =>
        {
            if (context.Request.Query["watch"] != "true" || watching.Task.IsCompleted)
            {
                return false;
            }

            watching.SetResult(context);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        await using IAsyncEnumerator<string> events = Follow(cluster.Connect());
        await NextAsync(events, 5);

        Task<List<string>> next = NextAsync(events, 6);
        HttpContext connection = await watching.Task.WaitAsync(Deadline.Token);
        Put(cluster, "changed", "2");
        cluster.Server.Objects.Delete($"{ConfigMaps}/deleted");
        cluster.Server.Objects.Delete($"{ConfigMaps}/replaced");
        Put(cluster, "replaced", "2");
        Put(cluster, "new", "1");
        cluster.Server.Objects.Forget();
        connection.Abort();

        Assert.Equal(
            ["deleted deleted 1", "deleted replaced 1", "modified changed 2", "added new 1", "added replaced 2", "synced"], await next);
    }

    [Fact]
    public async Task A_bookmark_moves_the_version_from_which_the_watch_goes_on()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        int watches = 0;
        cluster.Server.Answer = async context =>
        {
            if (context.Request.Query["watch"] != "true" || ++watches > 1)
            {
                return false;
            }

            await context.Response.WriteAsync("""{"type":"BOOKMARK","object":{"kind":"ConfigMap","metadata":{"resourceVersion":"777"}}}""" + "\n");
            return true;
        };
        using var stop = new CancellationTokenSource();
        await using IAsyncEnumerator<string> events = Follow(cluster.Connect(), Selector.All, stop.Token);
        await NextAsync(events, 1);

        Task<List<string>> next = NextAsync(events, 1);
        while (cluster.Server.Requests.Count(request => request.Query.Contains("watch", StringComparison.Ordinal)) < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Deadline.Token);
        }

        FakeApiRequest[] asked = [.. cluster.Server.Requests.Where(request => request.Query.Contains("watch", StringComparison.Ordinal))];
        Assert.Contains("allowWatchBookmarks=true&resourceVersion=100&timeoutSeconds=300", asked[0].Query, StringComparison.Ordinal);
        Assert.Contains("resourceVersion=777", asked[1].Query, StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next); // Nothing was reported.
    }

    [Fact]
    public async Task Overload_and_broken_connections_are_waited_out()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        Put(cluster, "a", "1");
        int asked = 0;
        cluster.Server.Answer = async context =>
        {
            switch (++asked)
            {
                case 1:
                    context.Abort();
                    return true;
                case 2:
                    context.Response.StatusCode = 500;
                    return true;
                case 4:
                    await context.Response.WriteAsync("""{"type":"ADDED","object":{"metadata":""");
                    return true;
                default:
                    return false;
            }
        };
        await using IAsyncEnumerator<string> events = Follow(cluster.Connect());

        Assert.Equal(["added a 1", "synced"], await NextAsync(events, 2));
        Put(cluster, "a", "2");
        Assert.Equal(["modified a 2"], await NextAsync(events, 1));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_refusal_reaches_the_caller(int status)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        cluster.Server.Answer = context =>
        {
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };
        await using IAsyncEnumerator<string> events = Follow(cluster.Connect());

        var error = await Assert.ThrowsAsync<KubernetesApiException>(() => NextAsync(events, 1));

        Assert.Equal(status, (int)error.StatusCode);
    }

    [Fact]
    public async Task Cancelling_ends_a_watch_that_waits()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        using var stop = new CancellationTokenSource();
        await using IAsyncEnumerator<string> events = Follow(cluster.Connect(), Selector.All, stop.Token);
        await NextAsync(events, 1);

        Task<List<string>> next = NextAsync(events, 1);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task Only_what_is_selected_is_watched()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        await using IAsyncEnumerator<string> events = Follow(cluster.Connect(), Selector.ByName("b"), Deadline.Token);
        await NextAsync(events, 1);

        Put(cluster, "a", "1");
        Put(cluster, "b", "1");

        Assert.Equal(["added b 1"], await NextAsync(events, 1));
    }

    private static void Put(FakeCluster cluster, string name, string value) =>
        cluster.Server.Objects.Put($"{ConfigMaps}/{name}", new JsonObject { ["data"] = new JsonObject { ["v"] = value } });

    private static IAsyncEnumerator<string> Follow(KubernetesClient client) => Follow(client, Selector.All, Deadline.Token);

    private static async IAsyncEnumerator<string> Follow(KubernetesClient client, Selector selector, CancellationToken cancellationToken)
    {
        await foreach (WatchEvent<ConfigMap> change in client.WatchAsync(ResourceTypes.ConfigMaps, "work", selector, cancellationToken))
        {
            yield return change switch
            {
                WatchEvent<ConfigMap>.Added { Item: var map } => $"added {map.Metadata.Name} {map.Data["v"]}",
                WatchEvent<ConfigMap>.Modified { Item: var map } => $"modified {map.Metadata.Name} {map.Data["v"]}",
                WatchEvent<ConfigMap>.Deleted { Item: var map } => $"deleted {map.Metadata.Name} {map.Data["v"]}",
                _ => "synced",
            };
        }
    }

    private static async Task<List<string>> NextAsync(IAsyncEnumerator<string> events, int count)
    {
        var seen = new List<string>();
        while (seen.Count < count && await events.MoveNextAsync())
        {
            seen.Add(events.Current);
        }

        return seen;
    }
}
