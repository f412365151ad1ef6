using System.Globalization;

namespace Landline.EndToEndTests.Fixtures;

/// <summary>
/// A Kubernetes namespace of one test class, with a label that finds them all: <c>kubectl get ns -l landline.dev/test=end-to-end</c>.
/// It goes with the class, and stays for inspection when one of its tests failed.
/// </summary>
public sealed class TestNamespace : IAsyncDisposable
{
    private static readonly TimeSpan PodsStart = TimeSpan.FromSeconds(60);
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

    /// <summary>Applies manifests and waits until their pods are ready, and for nobody else's.</summary>
    public async Task DeployAsync(params IEnumerable<string> manifests)
    {
        string applied = await Kubectl.ApplyAsync(string.Join("\n---\n", manifests), "-n", Name, "-o", "name");
        ILookup<string, string> kinds = applied.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .ToLookup(static name => name.Split('/')[0]);
        foreach (string controller in kinds["deployment.apps"].Concat(kinds["statefulset.apps"]).Concat(kinds["daemonset.apps"]))
        {
            await KubectlAsync("rollout", "status", controller, "--timeout=60s");
        }

        foreach (string set in kinds["replicaset.apps"])
        {
            await Eventually.TrueAsync(
                PodsStart, $"{set} is ready", async () => await KubectlAsync("get", set, "-o", "jsonpath={.status.readyReplicas}") == "1");
        }

        if (kinds["pod"].Any())
        {
            await KubectlAsync(["wait", "--for=condition=Ready", .. kinds["pod"], "--timeout=60s"]);
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
