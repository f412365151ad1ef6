using System.Text.Json.Nodes;
using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;

namespace Landline.FunctionalTests.Kubernetes;

public sealed class RequestTests
{
    private const string ConfigMaps = "/api/v1/namespaces/work/configmaps";

    [Fact]
    public async Task An_object_is_created_read_changed_and_deleted()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();

        ConfigMap created = await client.CreateAsync(
            ResourceTypes.ConfigMaps, "work", new ConfigMap { Metadata = new ObjectMeta { GenerateName = "a-" }, Data = Map(("k", "v")) }, Deadline.Token);
        string name = created.Metadata.Name!;
        ConfigMap patched = await client.PatchAsync(
            ResourceTypes.ConfigMaps, "work", name, Patch.Merge(new JsonObject { ["data"] = new JsonObject { ["k"] = null, ["l"] = "w" } }), Deadline.Token);
        ConfigMap replaced = await client.ReplaceAsync(ResourceTypes.ConfigMaps, "work", name, patched with { Data = Map(("m", "x")) }, Deadline.Token);
        var conflict = await Assert.ThrowsAsync<KubernetesApiException>(() =>
            client.ReplaceAsync(ResourceTypes.ConfigMaps, "work", name, patched, Deadline.Token));
        var otherUid = await Assert.ThrowsAsync<KubernetesApiException>(() =>
            client.DeleteAsync(ResourceTypes.ConfigMaps, "work", name, new DeleteOptions { Uid = "other" }, Deadline.Token));
        ConfigMap read = await client.GetAsync(ResourceTypes.ConfigMaps, "work", name, Deadline.Token);

        Assert.Equal(Map(("l", "w")), patched.Data);
        Assert.Equal(replaced.Metadata.ResourceVersion, read.Metadata.ResourceVersion);
        Assert.True(conflict.IsConflict);
        Assert.True(otherUid.IsConflict);
        Assert.True(await client.DeleteAsync(ResourceTypes.ConfigMaps, "work", name, new DeleteOptions { Uid = read.Metadata.Uid }, Deadline.Token));
        Assert.False(await client.DeleteAsync(ResourceTypes.ConfigMaps, "work", name, DeleteOptions.Default, Deadline.Token));
        Assert.Null(await client.FindAsync(ResourceTypes.ConfigMaps, "work", name, Deadline.Token));
        Assert.All(cluster.Server.Requests, request => Assert.Equal("HTTP/2", request.Protocol));
    }

    [Fact]
    public async Task A_dry_run_stores_nothing_and_a_second_create_is_told_apart_from_a_conflict()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();
        var map = new ConfigMap { Metadata = new ObjectMeta { Name = "a" } };

        await client.DryRunCreateAsync(ResourceTypes.ConfigMaps, "work", map, Deadline.Token);
        Assert.Null(cluster.Server.Objects.Get($"{ConfigMaps}/a"));
        await client.CreateAsync(ResourceTypes.ConfigMaps, "work", map, Deadline.Token);
        var again = await Assert.ThrowsAsync<KubernetesApiException>(() => client.CreateAsync(ResourceTypes.ConfigMaps, "work", map, Deadline.Token));

        Assert.True(again is { IsAlreadyExists: true, IsConflict: false });
        Assert.Equal("configmaps \"a\" already exists", again.Message);
    }

    [Fact]
    public async Task Any_manifest_is_applied_where_the_cluster_has_its_kind()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();
        JsonObject manifest = YamlDocuments.ReadManifests("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}")[0];

        await client.ApplyAsync(manifest, new ApplyOptions("landline", Force: true), Deadline.Token);
        var unknown = await Assert.ThrowsAsync<KubernetesApiException>(() => client.ApplyAsync(
            new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Nothing", ["metadata"] = new JsonObject { ["name"] = "x" } }, new ApplyOptions("landline", false), Deadline.Token));

        FakeApiRequest request = cluster.Server.Requests.Single(request => request.Method == "PATCH");
        Assert.Equal("?fieldManager=landline&force=true", request.Query);
        Assert.Equal("application/apply-patch+yaml", request.Headers["Content-Type"]);
        Assert.Equal("v", cluster.Server.Objects.Get($"{ConfigMaps}/a")!["data"]!["k"]!.ToString());
        Assert.True(unknown.IsNotFound);
        Assert.True(await client.DeleteAsync(manifest, DeleteOptions.Default, Deadline.Token));
        Assert.False(await client.DeleteAsync(manifest, DeleteOptions.Default, Deadline.Token));
    }

    [Fact]
    public async Task A_long_list_is_read_in_pages()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();
        Fill(cluster, 1200);

        IReadOnlyList<ConfigMap> all = await client.ListAsync(ResourceTypes.ConfigMaps, null, Selector.All, Deadline.Token);
        IReadOnlyList<JsonObject> manifests = await client.ListAsync(
            (await client.FindTypeAsync("v1", "ConfigMap", Deadline.Token))!, "work", Selector.ByName("a0007"), Deadline.Token);

        Assert.Equal(1200, all.Select(map => map.Metadata.Name).Distinct().Count());
        Assert.Equal(["?limit=500", "?limit=500&continue=500", "?limit=500&continue=1000"], cluster.Server.Requests.Where(r => r.Path == "/api/v1/configmaps").Select(r => r.Query));
        Assert.Equal("ConfigMap", Assert.Single(manifests)["kind"]!.ToString());
    }

    [Fact]
    public async Task A_list_that_expires_between_its_pages_is_read_again_in_one_piece()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();
        Fill(cluster, 600);
        cluster.Server.Answer = async context =>
        {
            if (!context.Request.Query.ContainsKey("continue"))
            {
                return false;
            }

            await AnswerAsync(context, 410, """{"kind":"Status","code":410,"reason":"Expired","message":"too old"}""");
            return true;
        };

        IReadOnlyList<ConfigMap> all = await client.ListAsync(ResourceTypes.ConfigMaps, "work", Selector.All, Deadline.Token);

        Assert.Equal(600, all.Count);
        Assert.Equal(["?limit=500", "?limit=500&continue=500", ""], cluster.Server.Requests.Select(request => request.Query));
    }

    [Fact]
    public async Task A_wish_to_be_asked_later_is_granted_also_for_changes()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();
        int asked = 0;
        cluster.Server.Answer = async context =>
        {
            if (++asked > 2)
            {
                return false;
            }

            context.Response.Headers.RetryAfter = "0";
            await AnswerAsync(context, asked == 1 ? 429 : 503, "{}");
            return true;
        };

        ConfigMap created = await client.CreateAsync(ResourceTypes.ConfigMaps, "work", new ConfigMap { Metadata = new ObjectMeta { Name = "a" } }, Deadline.Token);

        Assert.Equal("a", created.Metadata.Name);
        Assert.Equal(3, asked);
    }

    [Theory]
    [InlineData(500, null, "POST", 1)]
    [InlineData(503, null, "POST", 1)]
    [InlineData(503, "3600", "GET", 1)]
    [InlineData(403, "0", "GET", 1)]
    [InlineData(503, "0", "POST", 5)]
    [InlineData(429, "0", "GET", 5)]
    public async Task Requests_are_repeated_only_where_that_is_safe_and_only_so_often(int status, string? retryAfter, string method, int times)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();
        cluster.Server.Answer = async context =>
        {
            context.Response.Headers.RetryAfter = retryAfter;
            await AnswerAsync(context, status, """{"kind":"Status","reason":"Why","message":"because","details":{"causes":[{"reason":"R","message":"m","field":"f"}]}}""");
            return true;
        };

        var error = await Assert.ThrowsAsync<KubernetesApiException>(() => method == "GET"
            ? client.GetAsync(ResourceTypes.ConfigMaps, "work", "a", Deadline.Token)
            : client.CreateAsync(ResourceTypes.ConfigMaps, "work", new ConfigMap(), Deadline.Token));

        Assert.Equal((status, "Why", "because", "f"), ((int)error.StatusCode, error.Reason, error.Message, error.Details!.Causes[0].Field));
        Assert.Equal(retryAfter is null ? null : TimeSpan.FromSeconds(int.Parse(retryAfter, System.Globalization.CultureInfo.InvariantCulture)), error.RetryAfter);
        Assert.Equal(times, cluster.Server.Requests.Count);
    }

    [Theory]
    [InlineData(200, "<html>Please log in</html>", "did not answer GET /version as an API server does")]
    [InlineData(200, "null", "did not answer GET /version as an API server does")]
    [InlineData(302, "", "was answered with 302")]
    [InlineData(502, "<html>Bad gateway</html>", "was answered with 502")]
    public async Task Something_else_that_answers_is_noticed(int status, string body, string part)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();
        cluster.Server.Answer = async context =>
        {
            context.Response.Headers.Location = "https://login.example.com";
            await AnswerAsync(context, status, body);
            return true;
        };

        var error = await Assert.ThrowsAsync<KubernetesApiException>(() => client.GetVersionAsync(Deadline.Token));

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Impersonation_and_the_programs_name_are_in_the_headers()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect(
            cluster.Server.Kubeconfig("token: good, as: bob, as-groups: [g1, g2], as-user-extra: {Example.com/Scope: [a]}"), new KubeconfigOptions(), TimeProvider.System);

        await client.GetVersionAsync(Deadline.Token);

        IReadOnlyDictionary<string, string> headers = cluster.Server.Requests.Single().Headers;
        Assert.Equal("bob", headers["Impersonate-User"]);
        Assert.Equal("g1,g2", headers["Impersonate-Group"]); // Two lines: with one, "g1, g2" would be a single group.
        Assert.Equal("a", headers["impersonate-extra-example.com%2fscope"]);
        Assert.Equal("landline", headers["User-Agent"]);
        Assert.Equal("Bearer good", headers["Authorization"]);
    }

    [Fact]
    public async Task Whoever_is_acted_as_is_in_every_request_whatever_its_kind()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        cluster.Server.Objects.Put("/api/v1/namespaces/work/configmaps/a", new JsonObject { ["data"] = new JsonObject() });
        KubernetesClient client = cluster.Connect(
            cluster.Server.Kubeconfig("token: good, as: mallory"), new KubeconfigOptions { As = "bob", AsGroups = ["g1", "g2"] }, TimeProvider.System);

        await client.ListAsync(ResourceTypes.ConfigMaps, "work", Selector.All, Deadline.Token);
        await client.PatchAsync(ResourceTypes.ConfigMaps, "work", "a", Patch.Merge(new JsonObject { ["data"] = new JsonObject { ["k"] = "v" } }), Deadline.Token);
        await client.DeleteAsync(ResourceTypes.ConfigMaps, "work", "a", DeleteOptions.Default, Deadline.Token);
        await using Stream forward = await client.PortForwardAsync("work", "web", 80, Deadline.Token);

        Assert.Equal(["GET", "PATCH", "DELETE", "GET"], cluster.Server.Requests.Select(request => request.Method));
        Assert.All(cluster.Server.Requests, request => Assert.Equal("bob", request.Headers["Impersonate-User"]));
        Assert.All(cluster.Server.Requests, request => Assert.Equal("g1,g2", request.Headers["Impersonate-Group"]));
        Assert.EndsWith("/portforward", cluster.Server.Requests.Last().Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rights_are_asked_for()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();
        cluster.Server.IsAllowed = review => review["spec"]!["resourceAttributes"]!["verb"]!.ToString() == "get";

        Assert.True(await client.IsAllowedAsync(new ResourceAttributes { Verb = "get", Resource = "pods" }, Deadline.Token));
        Assert.False(await client.IsAllowedAsync(new ResourceAttributes { Verb = "create", Resource = "pods" }, Deadline.Token));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        var time = new ManualTime();
        KubernetesClient client = cluster.Connect(cluster.Server.Kubeconfig("token: good"), new KubeconfigOptions(), time);
        var asked = new TaskCompletionSource();
        cluster.Server.Answer = async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };

        Task<VersionInfo> asking = client.GetVersionAsync(Deadline.Token);
        await asked.Task.WaitAsync(Deadline.Token);
        time.Advance(TimeSpan.FromSeconds(31));
        var error = await Assert.ThrowsAsync<KubernetesConnectionException>(() => asking);

        Assert.Equal(ConnectionFailure.TimedOut, error.Failure);
    }

    private static Dictionary<string, string> Map(params (string Key, string Value)[] pairs) => pairs.ToDictionary();

    private static void Fill(FakeCluster cluster, int count)
    {
        for (int i = 0; i < count; i++)
        {
            cluster.Server.Objects.Put($"{ConfigMaps}/a{i:0000}", new JsonObject { ["kind"] = "ConfigMap", ["apiVersion"] = "v1" });
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    }
}
