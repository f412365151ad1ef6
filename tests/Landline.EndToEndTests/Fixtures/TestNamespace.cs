using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// A Kubernetes namespace of one test class, with a label that finds them all: <c>kubectl get ns -l landline.dev/test=end-to-end</c>.
/// It goes with the class, and stays for inspection when one of its tests failed.
/// </summary>
public sealed class TestNamespace : IAsyncDisposable
{
    private static readonly TimeSpan PodsStart = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan NodesLearn = TimeSpan.FromSeconds(30);
    private static int _count;

    private TestNamespace(string name) => Name = name;

    public string Name { get; }

    /// <summary>Set when a test of it failed.</summary>
    public bool Keep { get; set; }

    public static async Task<TestNamespace> CreateAsync(string topic)
    {
        string unique = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString("x", CultureInfo.InvariantCulture);
        var created = new TestNamespace($"e2e-{topic}-{unique}{Interlocked.Increment(ref _count)}");
        await Kubectl.ApplyAsync(
            $$$"""
            apiVersion: v1
            kind: Namespace
            metadata: {name: {{{created.Name}}}, labels: {landline.dev/test: end-to-end}}
            """);
        await Eventually.TrueAsync(
            PodsStart,
            "the namespace's service account",
            async () => (await Kubectl.RunAsync("-n", created.Name, "get", "serviceaccount", "default")).ExitCode == 0);
        return created;
    }

    /// <summary>Applies manifests and waits until their pods are ready, and for nobody else's, and until every node forwards their services.</summary>
    public async Task DeployAsync(params IEnumerable<string> manifests)
    {
        JsonNode applied = JsonNode.Parse(await Kubectl.ApplyAsync(string.Join("\n---\n", manifests), "-n", Name, "-o", "json"))!;
        ILookup<string, JsonNode> kinds = (applied["items"]?.AsArray().OfType<JsonNode>() ?? [applied]).ToLookup(static item => (string)item["kind"]!);
        string timeout = $"--timeout={PodsStart.TotalSeconds}s";
        foreach (string controller in Named("Deployment").Concat(Named("StatefulSet")).Concat(Named("DaemonSet")))
        {
            await KubectlAsync("rollout", "status", controller, timeout);
        }

        foreach (string set in Named("ReplicaSet"))
        {
            await Eventually.TrueAsync(
                PodsStart, $"{set} is ready", async () => await KubectlAsync("get", set, "-o", "jsonpath={.status.readyReplicas}") == "1");
        }

        if (kinds["Pod"].Any())
        {
            await KubectlAsync(["wait", "--for=condition=Ready", .. Named("Pod"), timeout]);
        }

        await Task.WhenAll(kinds["Service"].Where(IsForwarded).Select(ForwardedAsync));

        IEnumerable<string> Named(string kind) => kinds[kind].Select(item => $"{kind}/{item["metadata"]!["name"]}");
    }

    private static bool IsForwarded(JsonNode service) =>
        service["spec"] is { } spec && spec["selector"] is not null && (string?)spec["clusterIP"] is not (null or "" or "None");

    // Pods are ready before their services' endpoints are known to every kube-proxy, which refuses connections until then.
    private async Task ForwardedAsync(JsonNode applied)
    {
        string service = (string)applied["metadata"]!["name"]!;
        string save = ((string)applied["spec"]!["clusterIP"]!).Contains(':', StringComparison.Ordinal) ? "ip6tables-save" : "iptables-save";
        var rule = new Regex($"--comment \"?{Name}/{service}(:[^ \"]*)?\"? .*-j KUBE-SEP-");
        foreach (string node in Lab.Nodes)
        {
            await Eventually.TrueAsync(
                NodesLearn,
                $"node {node} forwards service {service}",
                async () => rule.IsMatch((await Lab.RunAsync("node", node, save, "-t", "nat")).Succeeded()));
        }
    }

    public async Task<string> PodOfAsync(string app) =>
        (await KubectlAsync("get", "pod", "-l", $"app={app}", "-o", "jsonpath={.items[0].metadata.name}")).Trim();

    public Task<string> KubectlAsync(params IEnumerable<string> arguments) => Kubectl.SucceedAsync(["-n", Name, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (!Keep)
        {
            await Kubectl.RunAsync("delete", "namespace", Name, "--wait=false");
        }
    }
}
