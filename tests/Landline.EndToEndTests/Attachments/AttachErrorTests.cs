using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>What cannot be attached to is told in one sentence with one hint, and leaves nothing behind.</summary>
[Collection(BesideWebInCommonScene.Name)]
public sealed class AttachErrorTests(CommonScene scene) : ClusterTest(scene), IClassFixture<AttachErrorTests.Pods>
{
    /// <summary>Workloads that cannot be attached to, each for another reason.</summary>
    public sealed class Pods(CommonScene scene) : SceneAddition(scene)
    {
        protected override Task DeployAsync() => Scene.Namespace.DeployAsync(
            Pod("two-ports", "ports: [{name: web, containerPort: 8080}, {name: admin, containerPort: 7000}]", "hostNetwork: false"),
            Pod("on-the-host", "command: [sleep, infinity]", "hostNetwork: true"));

        internal static string Pod(string name, string container, string pod) =>
            $$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: {{{name}}} }
            spec:
              {{{pod}}}
              terminationGracePeriodSeconds: 0
              containers: [{name: server, image: "{{{TestServer.Image}}}", imagePullPolicy: Never, {{{container}}} }]
            """;
    }

    [ClusterFact]
    public Task A_port_that_does_not_exist() => AssertRefusedAsync(["no-such-port", "-w", AttachScene.Workload, "-p", "9080:nope"], "nope");

    [ClusterFact]
    public Task Several_ports_and_none_chosen() => AssertRefusedAsync(["two-ports", "-w", "pod/two-ports"], "web", "admin");

    [ClusterFact]
    public Task A_pod_on_the_hosts_network() => AssertRefusedAsync(["on-the-host", "-w", "pod/on-the-host", "-p", "9080:18080"], "host");

    [ClusterFact]
    public async Task A_container_that_does_not_run()
    {
        await Kubectl.ApplyAsync(Pods.Pod("never-starts", "command: [/nosuch], ports: [{containerPort: 8080}]", "hostNetwork: false"), "-n", Namespace.Name);
        try
        {
            await Eventually.TrueAsync(TimeSpan.FromSeconds(60), "Kubernetes says why it does not run", async () =>
                await Namespace.KubectlAsync("get", "pod", "never-starts", "-o", "jsonpath={.status.containerStatuses[0].state.waiting.reason}")
                    is not ("" or "ContainerCreating" or "PodInitializing"));
            await AssertRefusedAsync(["never-starts", "-w", "pod/never-starts"], "'server' runs in no pod of pod/never-starts (", "kubectl get pods");
        }
        finally
        {
            // Whoever waits for this namespace's pods would wait for it too.
            await Namespace.KubectlAsync("delete", "pod", "never-starts", "--grace-period=0", "--force");
        }
    }

    private async Task AssertRefusedAsync(string[] arguments, params string[] words)
    {
        ProgramResult result = await Laptop.Root.LandlineAsync(["intercept", .. arguments]);

        (string sentence, string hint) = result.FailedWithAdvice();
        Assert.All(words, word => Assert.Contains(word, sentence + hint, StringComparison.Ordinal));
        Assert.Equal("", await Namespace.KubectlAsync("get", "attachments.landline.dev", arguments[0], "--ignore-not-found", "-o", "name"));
    }
}
