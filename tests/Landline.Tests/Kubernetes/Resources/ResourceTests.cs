using System.Text.Json;
using Landline.Kubernetes.Resources;

namespace Landline.Tests.Kubernetes.Resources;

public sealed class ResourceTests
{
    [Fact]
    public void A_pod_is_read_with_the_names_that_the_api_has()
    {
        Pod pod = JsonSerializer.Deserialize(
            """
            {"metadata": {"name": "web-0", "namespace": "n", "uid": "u", "labels": {"app": "web"}, "finalizers": null,
              "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "o", "controller": true}]},
             "spec": {"nodeName": "node1", "hostNetwork": true, "hostPID": true, "hostUsers": false, "serviceAccountName": "sa", "unknown": [1],
              "containers": [{"name": "c", "ports": [{"containerPort": 80, "name": "http", "protocol": "TCP"}],
                "env": [{"name": "A", "value": "b"}, {"name": "S", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}],
                "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 2}, "livenessProbe": {"tcpSocket": {"port": 80}}}]},
             "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}], "hostIP": "1.2.3.4", "hostIPs": [{"ip": "1.2.3.4"}, {"ip": "fd01::1"}],
              "containerStatuses": [{"name": "c", "containerID": "containerd://abc", "ready": true, "restartCount": 3, "state": {"running": {"startedAt": "2024-01-01T00:00:00Z"}}}]}}
            """,
            ResourceTypes.Pods.Json)!;

        Assert.Equal("web", pod.Metadata.OwnerReferences[0].Name);
        Assert.Empty(pod.Metadata.Finalizers);
        Assert.True(pod.Spec is { HostNetwork: true, HostPid: true, HostUsers: false });
        Assert.Equal(80, pod.Spec.Containers[0].Ports[0].Port);
        Assert.Equal("http", pod.Spec.Containers[0].ReadinessProbe!.HttpGet!.Port.Name);
        Assert.Equal(80, pod.Spec.Containers[0].LivenessProbe!.TcpSocket!.Port.Number);
        Assert.Equal("x", pod.Spec.Containers[0].Env[1].ValueFrom!.Value.GetProperty("secretKeyRef").GetProperty("name").GetString());
        Assert.Equal(["10.0.0.1", "fd00::1"], pod.Status.PodIPs.Select(address => address.Ip));
        Assert.Equal("10.0.0.1", pod.Status.PodIP);
        Assert.Equal(["1.2.3.4", "fd01::1"], pod.Status.HostIPs.Select(address => address.Ip));
        Assert.Equal("1.2.3.4", pod.Status.HostIP);
        Assert.Equal("containerd://abc", pod.Status.ContainerStatuses[0].ContainerID);
        Assert.NotNull(pod.Status.ContainerStatuses[0].State.Running);
    }

    [Theory]
    [InlineData("3", 3L)]
    [InlineData("\"3\"", 3L)]
    [InlineData("\"7f8d94c5b4\"", null)]
    [InlineData("\"\"", null)]
    [InlineData("{\"of\": [3]}", null)]
    [InlineData("null", null)]
    public void A_Rollouts_status_is_read_whatever_its_observed_generation_is(string observed, long? expected)
    {
        Workload rollout = JsonSerializer.Deserialize(
            $$$"""
            {"metadata": {"name": "web", "generation": 3}, "spec": {"replicas": 2, "strategy": {"canary": {"steps": [{"setWeight": 20}, {"pause": {} }] } } },
             "status": {"HPAReplicas": 2, "availableReplicas": 2, "blueGreen": {}, "canary": {}, "conditions": [{"type": "Healthy", "status": "True",
              "lastTransitionTime": "2024-01-01T00:00:00Z", "lastUpdateTime": "2024-01-01T00:00:00Z", "message": "Rollout is healthy", "reason": "RolloutHealthy"}],
              "currentPodHash": "7f8d94c5b4", "currentStepHash": "6c9545789c", "currentStepIndex": 2, "observedGeneration": {{{observed}}}, "phase": "Healthy",
              "readyReplicas": 2, "replicas": 2, "selector": "app=web", "stableRS": "7f8d94c5b4", "updatedReplicas": 2, "workloadObservedGeneration": "1"}}
            """,
            ResourceTypes.Deployments.Json)!;

        Assert.Equal(expected, rollout.Status.ObservedGeneration);
        Assert.Equal(2, rollout.Status.ReadyReplicas);
    }

    [Fact]
    public void What_is_not_said_is_not_sent()
    {
        var service = new Service
        {
            Metadata = new ObjectMeta { Name = "s" },
            Spec = new ServiceSpec { ClusterIP = "None", Ports = [new ServicePort { Port = 80, TargetPort = new IntOrString("http") }] },
        };

        Assert.Equal(
            """{"metadata":{"name":"s"},"spec":{"clusterIP":"None","ports":[{"port":80,"targetPort":"http"}]}}""",
            JsonSerializer.Serialize(service, ResourceTypes.Services.Json));
    }

    [Fact]
    public void A_token_is_not_in_a_records_text()
    {
        Assert.DoesNotContain("secret", new TokenReview { Spec = new TokenReviewSpec { Token = "secret" } }.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tier=web app=a", true)]
    [InlineData("tier=web app=b zone=y", true)]
    [InlineData("tier=web app=c", false)]
    [InlineData("tier=web", false)]
    [InlineData("app=a", false)]
    [InlineData("tier=web app=a old=", false)]
    [InlineData("tier=web app=a zone=z", false)]
    public void Labels_are_matched_as_the_api_does(string labels, bool expected)
    {
        var selector = new LabelSelector
        {
            MatchLabels = new Dictionary<string, string> { ["tier"] = "web" },
            MatchExpressions =
            [
                new LabelRequirement { Key = "app", Operator = "In", Values = ["a", "b"] },
                new LabelRequirement { Key = "old", Operator = "DoesNotExist" },
                new LabelRequirement { Key = "zone", Operator = "NotIn", Values = ["z"] },
            ],
        };

        Assert.Equal(expected, selector.Matches(labels.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1])));
        Assert.Equal("tier=web,app in (a,b),!old,zone notin (z)", selector.ToString());
    }

    [Fact]
    public void Paths_are_those_of_the_api()
    {
        Assert.Equal("/api/v1/pods", ResourceTypes.Pods.CollectionPath(null));
        Assert.Equal("/api/v1/namespaces/n/pods/p", ResourceTypes.Pods.ObjectPath("n", "p"));
        Assert.Equal("/apis/apps/v1/namespaces/n/deployments/d", ResourceTypes.Deployments.ObjectPath("n", "d"));
        Assert.Equal("/api/v1/nodes/x", ResourceTypes.Nodes.ObjectPath(null, "x"));
        Assert.Equal("/api/v1/namespaces/n/pods/..%2F..", ResourceTypes.Pods.ObjectPath("n", "../.."));
        Assert.Throws<ArgumentNullException>(() => ResourceTypes.Pods.ObjectPath(null, "p"));
    }
}
