using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Attachments;

/// <summary>Workloads of every kind are attached to, whatever services they have.</summary>
[Collection(BesideWebInCommonScene.Name)]
public sealed class WorkloadKindTests(CommonScene scene) : ClusterTest(scene), IClassFixture<WorkloadKindTests.Kinds>
{
    private const int AlonesPort = 8190;

    /// <summary>One workload of each kind besides the deployment, called by its name.</summary>
    public sealed class Kinds(CommonScene scene) : SceneAddition(scene)
    {
        protected override async Task DeployAsync()
        {
            await Kubectl.ApplyAsync(RolloutDefinition);
            await Kubectl.SucceedAsync("wait", "--for=condition=Established", "crd/rollouts.argoproj.io", "--timeout=20s");
            await Scene.Namespace.DeployAsync(
                Service("stateful", "clusterIP: None, "), Controller("StatefulSet", "stateful", "serviceName: stateful"),
                Service("daemon"), Controller("DaemonSet", "daemon", "revisionHistoryLimit: 1"),
                Service("set"), Controller("ReplicaSet", "set", "replicas: 1"),
                Service("bare"), Pod("bare"),
                Alone,
                Service("rolled"), Controller("ReplicaSet", "rolled-1", "replicas: 1", "rolled"), Controller("Rollout", "rolled", "replicas: 1"));
        }

        protected override Task RemoveAsync() => Kubectl.RunAsync("delete", "crd", "rollouts.argoproj.io", "--wait=false");

        // Argo's own definition is a thousand lines of schema; what it has in common with a deployment is all that is read of it.
        private const string RolloutDefinition =
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: rollouts.argoproj.io}
            spec:
              group: argoproj.io
              scope: Namespaced
              names: {kind: Rollout, listKind: RolloutList, plural: rollouts, singular: rollout}
              versions:
                - {name: v1alpha1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
            """;

        private const string PodSpec =
            $$$"""
            spec: {terminationGracePeriodSeconds: 0, containers: [
              {name: server, image: "{{{TestServer.Image}}}", imagePullPolicy: Never, readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}}]}
            """;

        /// <summary>A pod without a service, which says itself what its port is.</summary>
        private static string Alone =>
            $$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: alone}
            spec:
              terminationGracePeriodSeconds: 0
              containers: [{name: server, image: "{{{TestServer.Image}}}", imagePullPolicy: Never,
                command: [python3, -m, http.server, '{{{AlonesPort}}}', --directory, /etc/alternatives], ports: [{containerPort: {{{AlonesPort}}} }]}]
            """;

        private static string Service(string name, string more = "") =>
            $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{{name}}} }
            spec: { {{{more}}} selector: {app: {{{name}}} }, ports: [{name: http, port: 8080}]}
            """;

        private static string Controller(string kind, string name, string more, string? app = null) =>
            $$$"""
            apiVersion: {{{(kind == "Rollout" ? "argoproj.io/v1alpha1" : "apps/v1")}}}
            kind: {{{kind}}}
            metadata: {name: {{{name}}} }
            spec:
              {{{more}}}
              selector: {matchLabels: {app: {{{app ?? name}}} }}
              template: {metadata: {labels: {app: {{{app ?? name}}} }}, {{{PodSpec}}} }
            """;

        private static string Pod(string name) =>
            $$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: {{{name}}}, labels: {app: {{{name}}} }}
            {{{PodSpec}}}
            """;
    }

    [ClusterTheory]
    [InlineData("statefulset", "stateful")]
    [InlineData("daemonset", "daemon")]
    [InlineData("rs", "set")]
    [InlineData("pod", "bare")]
    [InlineData("rollout", "rolled")]
    public async Task Its_traffic_comes_here_and_goes_back(string kind, string name)
    {
        await using Handler handler = await Handler.StartAsync(8180);
        (await Laptop.Root.LandlineAsync("intercept", "kinds", "-w", $"{kind}/{name}", "-p", "8180", "--mount", "false")).Succeeded();
        try
        {
            Assert.Equal(Handler.Name, await Caller.AskAsync(Namespace.Name, name));
        }
        finally
        {
            (await Laptop.Root.LandlineAsync("detach", "kinds")).Succeeded();
        }

        Assert.StartsWith("hello from ", await Caller.AskAsync(Namespace.Name, name), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task Without_a_service_its_containers_port_comes_here()
    {
        string address = await Namespace.KubectlAsync("get", "pod", "alone", "-o", "jsonpath={.status.podIP}");
        await using Handler handler = await Handler.StartAsync(AlonesPort);
        (await Laptop.Root.LandlineAsync("intercept", "alone", "--mount", "false")).Succeeded();
        try
        {
            Assert.Equal(Handler.Name, await AskAsync());
        }
        finally
        {
            (await Laptop.Root.LandlineAsync("detach", "alone")).Succeeded();
        }

        Assert.Contains("Directory listing", await AskAsync(), StringComparison.Ordinal);

        async Task<string> AskAsync() => (await CallerPod.RunAsync(
            Namespace.Name, "curl", "-sS", "--max-time", "10", $"http://{address}:{AlonesPort}/")).Succeeded().Trim();
    }
}
