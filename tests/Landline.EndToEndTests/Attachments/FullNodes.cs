using System.Globalization;
using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>A pod on each node that asks for all the processor time that nobody else has asked for.</summary>
internal sealed class FullNodes(string @namespace) : IAsyncDisposable
{
    private const string Label = "takes-up=all";

    public static async Task<FullNodes> FillAsync(string @namespace)
    {
        var nodes = new FullNodes(@namespace);
        // What is about to end still counts, and would leave room when it has.
        await Eventually.TrueAsync(TimeSpan.FromSeconds(60), "no pod of Landline is about to end", async () =>
            (await Kubectl.JsonAsync("-n", LabFixture.ManagerNamespace, "get", "pods"))["items"]!.AsArray().All(pod => pod!["metadata"]!["deletionTimestamp"] is null));
        JsonNode[] pods = [.. (await Kubectl.JsonAsync("get", "pods", "-A"))["items"]!.AsArray().OfType<JsonNode>()
            .Where(pod => (string?)pod["status"]!["phase"] is not ("Succeeded" or "Failed"))];
        foreach (JsonNode node in (await Kubectl.JsonAsync("get", "nodes"))["items"]!.AsArray().OfType<JsonNode>())
        {
            string name = (string)node["metadata"]!["name"]!;
            int asked = pods
                .Where(pod => (string?)pod["spec"]!["nodeName"] == name)
                .SelectMany(pod => pod["spec"]!["containers"]!.AsArray())
                .Sum(container => Millicores((string?)container!["resources"]?["requests"]?["cpu"] ?? "0"));
            int free = Millicores((string)node["status"]!["allocatable"]!["cpu"]!) - asked;
            await Kubectl.ApplyAsync(
                $$$"""
                apiVersion: v1
                kind: Pod
                metadata: {name: "fills-{{{name}}}", labels: {takes-up: all}}
                spec:
                  nodeName: "{{{name}}}"
                  terminationGracePeriodSeconds: 0
                  containers:
                    - {name: idle, image: "{{{TestServer.Image}}}", imagePullPolicy: Never, resources: {requests: {cpu: "{{{free}}}m"} } }
                """,
                "-n",
                @namespace);
        }

        await Kubectl.SucceedAsync("-n", @namespace, "wait", "pod", "-l", Label, "--for=condition=Ready", "--timeout=60s");
        return nodes;
    }

    public Task MakeRoomAsync() => Kubectl.SucceedAsync("-n", @namespace, "delete", "pod", "-l", Label, "--wait=false");

    public async ValueTask DisposeAsync() => await MakeRoomAsync();

    private static int Millicores(string quantity) => quantity.EndsWith('m')
        ? int.Parse(quantity[..^1], CultureInfo.InvariantCulture)
        : (int)(1000 * decimal.Parse(quantity, CultureInfo.InvariantCulture));
}
