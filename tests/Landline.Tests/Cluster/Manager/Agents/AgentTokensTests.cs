using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Sessions;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Manager.Agents;

/// <summary>Which tokens make an agent, with a fake API server that reviews them.</summary>
public sealed class AgentTokensTests : IAsyncLifetime
{
    private const string PodPath = "/api/v1/namespaces/landline/pods/landline-agent-x";

    private ApiServerScene _scene = null!;
    private AgentTokens _tokens = null!;
    private string _podUid = "";

    public async ValueTask InitializeAsync()
    {
        _scene = await ApiServerScene.StartAsync();
        _tokens = new AgentTokens(_scene.Client, "landline");
        PutPod(static _ => { });
        _scene.Review = spec => Task.FromResult(Genuine(spec));
    }

    public async ValueTask DisposeAsync()
    {
        _tokens.Dispose();
        await _scene.DisposeAsync();
    }

    [Fact]
    public async Task The_token_of_an_agents_pod_is_let_in_as_the_API_server_describes_it()
    {
        Admission? admission = await AdmitAsync();

        Assert.Equal(new Admission.Agent("n1", "landline-agent-x", _podUid), admission);
    }

    [Fact]
    public async Task The_API_server_is_asked_for_this_token_and_the_managers_audience()
    {
        JsonObject? asked = null;
        _scene.Review = spec =>
        {
            asked = (JsonObject)spec.DeepClone();
            return Task.FromResult(Genuine(spec));
        };

        await AdmitAsync();

        Assert.Equal("genuine", asked!["token"]!.ToString());
        Assert.Equal("""["landline"]""", asked["audiences"]!.ToJsonString());
    }

    [Fact]
    public async Task Without_a_token_nobody_is_let_in_and_nobody_is_asked()
    {
        Assert.Null(await AdmitAsync(token: ""));
        Assert.Empty(_scene.Server.Requests);
    }

    [Fact]
    public async Task A_token_that_the_API_server_does_not_know_is_refused() => Assert.Null(await AdmitAsync(token: "foreign"));

    [Theory]
    [InlineData("authenticated", "false")]
    [InlineData("audiences", "[]")]
    [InlineData("audiences", """["https://kubernetes.default.svc"]""")]
    [InlineData("user.username", "\"system:serviceaccount:landline:default\"")]
    [InlineData("user.username", "\"system:serviceaccount:work:landline-agent\"")]
    [InlineData("user.username", "\"system:serviceaccount:landline:landline-agent-2\"")]
    [InlineData("user.username", "\"landline-agent\"")]
    [InlineData("user.extra", "{}")]
    [InlineData("user.extra.authentication\\.kubernetes\\.io/pod-name", "[]")]
    [InlineData("user.extra.authentication\\.kubernetes\\.io/pod-name", """["landline-agent-y"]""")]
    [InlineData("user.extra.authentication\\.kubernetes\\.io/pod-uid", "[]")]
    [InlineData("user.extra.authentication\\.kubernetes\\.io/pod-uid", """["of-an-earlier-pod"]""")]
    public async Task A_token_of_anybody_else_is_refused(string field, string value)
    {
        _scene.Review = spec =>
        {
            JsonObject status = Genuine(spec);
            Set(status, field, JsonNode.Parse(value));
            return Task.FromResult(status);
        };

        Assert.Null(await AdmitAsync());
    }

    [Theory]
    [InlineData("metadata.deletionTimestamp", "\"2030-01-01T00:00:00Z\"")]
    [InlineData("metadata.labels", "{}")]
    [InlineData("metadata.labels.app\\.kubernetes\\.io/name", "\"landline-manager\"")]
    [InlineData("spec.nodeName", "\"n2\"")]
    [InlineData("spec.nodeName", "null")]
    public async Task A_token_of_a_pod_that_is_no_agent_of_that_node_is_refused(string field, string value)
    {
        PutPod(pod => Set(pod, field, JsonNode.Parse(value)));

        Assert.Null(await AdmitAsync());
    }

    [Fact]
    public async Task A_token_is_refused_when_its_pod_is_gone()
    {
        _scene.Server.Objects.Delete(PodPath);

        Assert.Null(await AdmitAsync());
    }

    [Theory]
    [InlineData("n2")]
    [InlineData("")]
    public async Task An_agent_that_claims_another_node_is_refused(string node) => Assert.Null(await AdmitAsync(node: node));

    [Fact]
    public async Task Whoever_knocks_makes_the_manager_ask_at_most_four_times_at_once()
    {
        int asked = 0;
        var four = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        _scene.Review = async spec =>
        {
            if (Interlocked.Increment(ref asked) == 4)
            {
                four.SetResult();
            }

            await answer.Task.WaitAsync(Deadline.Token);
            return Genuine(spec);
        };

        Task<Admission?>[] knocking = [.. Enumerable.Range(0, 12).Select(_ => AdmitAsync())];
        await four.Task.WaitAsync(Deadline.Token);
        await _scene.Client.FindAsync(ResourceTypes.Pods, "landline", "landline-agent-x", Deadline.Token); // Goes the way of a fifth.
        Assert.Equal(4, Volatile.Read(ref asked));
        answer.SetResult();

        Assert.All(await Task.WhenAll(knocking), Assert.NotNull);
    }

    private Task<Admission?> AdmitAsync(string token = "genuine", string node = "n1") =>
        _tokens.AdmitAsync(new AgentHello { Node = node, Token = token }, Deadline.Token);

    private void PutPod(Action<JsonObject> change)
    {
        var pod = new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "landline-agent" } },
            ["spec"] = new JsonObject { ["nodeName"] = "n1" },
        };
        change(pod);
        _podUid = _scene.Server.Objects.Put(PodPath, pod)["metadata"]!["uid"]!.ToString();
    }

    private JsonObject Genuine(JsonObject spec) => spec["token"]!.ToString() != "genuine"
        ? new JsonObject { ["authenticated"] = false, ["error"] = "token is not known" }
        : new JsonObject
        {
            ["authenticated"] = true,
            ["audiences"] = new JsonArray("landline"),
            ["user"] = new JsonObject
            {
                ["username"] = "system:serviceaccount:landline:landline-agent",
                ["extra"] = new JsonObject
                {
                    ["authentication.kubernetes.io/pod-name"] = new JsonArray("landline-agent-x"),
                    ["authentication.kubernetes.io/pod-uid"] = new JsonArray(_podUid),
                },
            },
        };

    /// <param name="field">Names with dots between them; a dot within a name has a backslash before it.</param>
    private static void Set(JsonObject target, string field, JsonNode? value)
    {
        string[] names = [.. field.Replace("\\.", "\n", StringComparison.Ordinal).Split('.')
            .Select(name => name.Replace('\n', '.'))];
        JsonObject parent = names[..^1].Aggregate(target, static (node, name) => (JsonObject)node[name]!);
        parent[names[^1]] = value;
    }
}
