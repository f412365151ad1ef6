using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Replacing;
using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Tests.Cluster.Manager.Replacing;

/// <summary>When a workload runs nothing but placeholders, and how far it is on the way there.</summary>
public sealed class ReplacementProgressTests
{
    private static readonly WorkloadView Worker = new(
        WorkloadKind.Find("deployment")!, "shop", "worker", new LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "worker" } },
        new PodSpec(), [], null);

    [Fact]
    public void Pods_of_before_are_counted_until_none_is_left()
    {
        Assert.Equal(
            (AttachmentStatus.Replacing, "1 of 3 pods of deployment/worker are replaced."), Of(NewPod("a", "uid"), NewPod("b", null), NewPod("c", "other")));
        Assert.Null(Of(NewPod("a", "uid"), NewPod("b", "uid")));
    }

    [Fact]
    public void A_pod_is_replaced_when_its_placeholder_runs_and_not_before() => Assert.Equal(
        (AttachmentStatus.Replacing, "1 of 3 pods of deployment/worker are replaced."),
        Of(NewPod("a", "uid"), NewPod("b", "uid", runs: false), NewPod("c", null)));

    [Theory]
    [InlineData("ErrImagePull", "ErrImagePull")]
    [InlineData("ImagePullBackOff", "ErrImagePull")] // Which comes and goes between the tries.
    [InlineData("CreateContainerError", "CreateContainerError")]
    public void A_placeholder_that_cannot_start_says_why(string waitsFor, string trouble) => Assert.Equal(
        (AttachmentStatus.Replacing, $"0 of 2 pods of deployment/worker are replaced; container 'app' of pod b does not start ({trouble})."),
        Of(NewPod("a", null), NewPod("b", "uid", runs: false, waitsFor: waitsFor)));

    [Fact]
    public void A_pod_that_was_told_to_end_counts_as_long_as_its_container_runs()
    {
        Assert.Equal(
            (AttachmentStatus.OriginalEnds, "Pod b was told to end, and still runs."), Of(NewPod("a", "uid"), NewPod("b", null, isEnding: true)));
        Assert.Equal(
            (AttachmentStatus.OriginalEnds, "Pod b and 1 more were told to end, and still run."),
            Of(NewPod("a", "uid"), NewPod("c", null, isEnding: true), NewPod("b", null, isEnding: true)));
        Assert.Null(Of(NewPod("a", "uid"), NewPod("b", null, isEnding: true, runs: false, sidecarRuns: true)));
    }

    [Fact]
    public void A_placeholder_that_ends_holds_nobody_up() => Assert.Null(Of(NewPod("a", "uid"), NewPod("b", "uid", isEnding: true)));

    [Fact]
    public void A_pod_that_ends_is_known_until_no_container_of_it_runs()
    {
        Assert.Null(Replica.Of(PodOf("a", null, isEnding: true, runs: false, sidecarRuns: false)));
        Assert.True(NewPod("a", null, isEnding: true).IsEnding);
    }

    private static (string, string)? Of(params Replica[] pods) => ReplacementProgress.Of(Worker, "app", new Swap.Done("uid", 1), pods);

    private static Replica NewPod(string name, string? mark, bool isEnding = false, bool runs = true, bool sidecarRuns = false, string? waitsFor = null) =>
        Replica.Of(PodOf(name, mark, isEnding, runs, sidecarRuns, waitsFor))!;

    private static Pod PodOf(string name, string? mark, bool isEnding, bool runs, bool sidecarRuns, string? waitsFor = null) => new()
    {
        Metadata = new()
        {
            Name = name,
            Namespace = "shop",
            Uid = name,
            DeletionTimestamp = isEnding ? DateTimeOffset.UnixEpoch : null,
            Labels = new Dictionary<string, string> { ["app"] = "worker", ["pod-template-hash"] = "1" },
            Annotations = mark is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [ContainerSwap.PodAnnotation] = mark },
            OwnerReferences = [new() { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = "worker-1", Uid = "1", Controller = true }],
        },
        Spec = new() { NodeName = "node1", Containers = [new() { Name = "app" }, new() { Name = "sidecar" }] },
        Status = new()
        {
            Phase = "Running",
            ContainerStatuses =
            [
                new() { Name = "app", ContainerID = "containerd://1", State = runs ? new() { Running = new(null) } : new() { Waiting = new(waitsFor, null) } },
                new() { Name = "sidecar", ContainerID = "containerd://2", State = sidecarRuns ? new() { Running = new(null) } : new() },
            ],
        },
    };
}
