using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>A deployment <c>web</c> of two replicas, a pod that calls it, and root on the laptop connected to their namespace.</summary>
public class AttachScene : ClusterScene
{
    public const string Workload = "web";

    // Of an object's metadata: all that a user or a controller writes there.
    private static readonly string[] WhatIsNoted = ["uid", "generation", "labels", "annotations", "ownerReferences", "finalizers"];

    protected override string Topic => "attach";

    protected override async Task PrepareAsync()
    {
        await Namespace.DeployAsync(TestServer.Deployment(Workload, replicas: 2), CallerPod.Manifest);
        await Laptop.Root.ConnectAsync(Namespace.Name);
        await StartAgentsAsync(Namespace.Name);
    }

    /// <summary>
    /// Returns when the agents of the workload's nodes run: the first attachment goes on without a replica whose agent takes its time, and what
    /// tests say of all replicas is about the second.
    /// </summary>
    internal static async Task StartAgentsAsync(string @namespace)
    {
        (await Laptop.Root.LandlineAsync("ingest", Workload, "--mount", "false")).Succeeded();
        await Eventually.TrueAsync(TimeSpan.FromSeconds(60), "all replicas have an agent", async () =>
            (await Kubectl.SucceedAsync("-n", @namespace, "get", "attachments.landline.dev", Workload, "-o", "jsonpath={.status.pods[*].state}"))
                .Split(' ').All(static state => state == "Captured"));
        (await Laptop.Root.LandlineAsync("detach", Workload)).Succeeded();
    }

    /// <summary>After a daemon that could not say goodbye: what it has left in the cluster would stay for its grace period.</summary>
    internal static async Task ConnectAnewAsync(string @namespace)
    {
        await Laptop.Root.LandlineAsync("quit", "--all");
        await Kubectl.SucceedAsync("-n", @namespace, "delete", "attachments.landline.dev,connections.landline.dev", "--all");
        await Laptop.Root.ConnectAsync(@namespace);
    }

    /// <summary>All that must not change of a workload and its pods: what they are, what is noted on them, and how often they were started.</summary>
    internal static async Task<string> WorkloadAsync(string @namespace, string workload = Workload)
    {
        JsonNode deployment = await Kubectl.JsonAsync("-n", @namespace, "get", "deployment", workload);
        IEnumerable<string> facts = (await PodsAsync(@namespace, workload)).Select(pod =>
            $"{NotesOn(pod)} {pod["spec"]!.ToJsonString()} {pod["status"]!["containerStatuses"]![0]!["restartCount"]}");
        return string.Join('\n', [NotesOn(deployment), deployment["spec"]!.ToJsonString(), .. facts.Order(StringComparer.Ordinal)]);
    }

    private static string NotesOn(JsonNode item) => string.Join(' ', WhatIsNoted.Select(field => item["metadata"]![field]?.ToJsonString()));

    /// <summary>Nothing of Landline is in any pod's network namespace.</summary>
    internal static async Task AssertPodsAreCleanAsync(string @namespace, TimeSpan deadline, string workload = Workload)
    {
        await Task.WhenAll((await PodsAsync(@namespace, workload)).Select(pod => pod["metadata"]!["name"]!.GetValue<string>()).Select(name => Eventually.PassesAsync(
            deadline, async () => Assert.Equal("", (await Lab.RunAsync("pod-netns", @namespace, name, "nft", "list", "ruleset")).Succeeded()))));
    }

    /// <summary>Returns when those that are too many answer nobody any more, of which the nodes learn a moment after their end.</summary>
    internal static async Task ScaleDownAsync(string @namespace, int replicas)
    {
        await Kubectl.SucceedAsync("-n", @namespace, "scale", $"deployment/{Workload}", $"--replicas={replicas}");
        await Eventually.PassesAsync(TimeSpan.FromSeconds(30), async () =>
        {
            string[] left = [.. (await PodsAsync(@namespace)).Select(pod => $"hello from {pod["metadata"]!["name"]}")];
            ProgramResult answers = await CallerPod.RunAsync(
                @namespace, "sh", "-c", $"for i in $(seq 20); do curl -sS --max-time 2 http://{Workload}:{TestServer.Http}/; done | sort -u");

            Assert.Equal(replicas, left.Length);
            Assert.Empty(answers.Succeeded().Split('\n').Except(left));
        });
    }

    /// <summary>The workload's pods that are to stay. One that has ended may be listed for up to a minute, until the kubelet clears up.</summary>
    internal static async Task<JsonNode[]> PodsAsync(string @namespace, string workload = Workload)
    {
        JsonNode pods = await Kubectl.JsonAsync("-n", @namespace, "get", "pods", "-l", $"app={workload}");
        return [.. pods["items"]!.AsArray().OfType<JsonNode>().Where(pod => pod["metadata"]!["deletionTimestamp"] is null)];
    }
}
