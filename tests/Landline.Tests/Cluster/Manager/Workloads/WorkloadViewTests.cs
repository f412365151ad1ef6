using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes.Resources;

namespace Landline.Tests.Cluster.Manager.Workloads;

public sealed class WorkloadViewTests
{
    private static readonly LabelSelector Selector = new() { MatchLabels = new Dictionary<string, string> { ["app"] = "web" } };

    [Theory]
    [InlineData("Deployment", "ReplicaSet", "web-5d4", "5d4", true)]
    [InlineData("Deployment", "ReplicaSet", "web-canary-5d4", "5d4", false)]
    [InlineData("Deployment", "ReplicaSet", "adopted", "5d4", true)]
    [InlineData("Deployment", "StatefulSet", "web", null, false)]
    [InlineData("Deployment", null, null, null, false)]
    [InlineData("Rollout", "ReplicaSet", "by-hand", null, true)]
    [InlineData("ReplicaSet", "ReplicaSet", "web", "5d4", true)]
    [InlineData("ReplicaSet", "ReplicaSet", "web-5d4", "5d4", false)]
    [InlineData("StatefulSet", "StatefulSet", "web", null, true)]
    [InlineData("StatefulSet", "StatefulSet", "other", null, false)]
    [InlineData("DaemonSet", "DaemonSet", "web", null, true)]
    public void A_pod_with_the_labels_is_a_replica_only_of_who_made_it(string kind, string? ownerKind, string? owner, string? hash, bool owns)
    {
        var labels = new Dictionary<string, string> { ["app"] = "web" };
        if (hash is not null)
        {
            labels["pod-template-hash"] = hash;
        }

        Assert.Equal(owns, View(kind).Owns("web-x", ownerKind is null ? null : new PodOwner(ownerKind, owner!), labels));
    }

    [Fact]
    public void Another_workloads_labels_do_not_match() =>
        Assert.False(View("DaemonSet").Owns("x", new PodOwner("DaemonSet", "web"), new Dictionary<string, string> { ["app"] = "shop" }));

    [Fact]
    public void A_bare_pod_is_its_own_only_replica()
    {
        WorkloadView pod = View("Pod") with { Selector = null };

        Assert.True(pod.Owns("web", null, new Dictionary<string, string>()));
        Assert.False(pod.Owns("web-2", null, new Dictionary<string, string> { ["app"] = "web" }));
    }

    [Theory]
    [InlineData("ReplicaSet", null, null, null, "leaves the pods that run")]
    [InlineData("Deployment", true, null, null, "paused")]
    [InlineData("StatefulSet", null, "OnDelete", null, "OnDelete")]
    [InlineData("DaemonSet", null, "OnDelete", null, "OnDelete")]
    [InlineData("StatefulSet", null, "RollingUpdate", 2, "partition")]
    [InlineData("StatefulSet", null, "RollingUpdate", 0, null)]
    [InlineData("Deployment", null, null, null, null)]
    public void What_no_rollout_reaches_cannot_be_replaced(string kind, bool? paused, string? strategy, int? partition, string? obstacle)
    {
        var workload = new Workload
        {
            Spec = new WorkloadSpec
            {
                Paused = paused,
                UpdateStrategy = strategy is null ? null : new UpdateStrategy { Type = strategy, RollingUpdate = new RollingUpdate { Partition = partition } },
                Template = new PodTemplate { Spec = new PodSpec { Containers = [new Container { Name = "web" }] } },
            },
        };

        string? found = RolloutObstacles.Of(WorkloadKind.Find(kind)!, workload);

        Assert.Equal(obstacle is null, found is null);
        Assert.Contains(obstacle ?? "", found ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_rollout_whose_template_is_another_workloads_cannot_be_replaced() =>
        Assert.Contains("workloadRef", RolloutObstacles.Of(WorkloadKind.Find("Rollout")!, new Workload())!, StringComparison.Ordinal);

    private static WorkloadView View(string kind) => new(WorkloadKind.Find(kind)!, "default", "web", Selector, new PodSpec(), [], null);
}
