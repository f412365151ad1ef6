using Landline.Daemon.Installation;
using Landline.Kubernetes.Resources;

namespace Landline.Tests.Daemon.Installation;

public sealed class StartTroubleTests
{
    [Theory]
    [InlineData("ErrImageNeverPull", null, StartTroubleKind.Image)]
    [InlineData("ImagePullBackOff", "Back-off pulling image \"x\"", StartTroubleKind.Image)]
    [InlineData("CrashLoopBackOff", null, StartTroubleKind.Crash)]
    [InlineData("CreateContainerConfigError", "no such secret", StartTroubleKind.Other)]
    internal void A_container_that_waits_says_why(string reason, string? message, StartTroubleKind expected)
    {
        StartTrouble? trouble = StartTrouble.OfPod(PodWith(new ContainerState { Waiting = new(reason, message) }));

        Assert.Equal(expected, trouble?.Kind);
        Assert.True(trouble?.IsLasting);
        Assert.Contains(message ?? "", trouble?.Reason);
    }

    [Fact]
    public void A_pod_that_is_being_made_is_no_trouble()
    {
        Assert.Null(StartTrouble.OfPod(PodWith(new ContainerState { Waiting = new("ContainerCreating", null) })));
        Assert.Null(StartTrouble.OfPod(PodWith(new ContainerState { Running = new(null) })));
        Assert.Null(StartTrouble.OfPod(new Pod()));
    }

    [Fact]
    public void No_node_for_the_pod_may_pass()
    {
        var pod = new Pod
        {
            Status = new() { Conditions = [new("PodScheduled", "False", "Unschedulable", "0/2 nodes are available: 2 Insufficient memory.")] },
        };

        Assert.Equal(
            new StartTrouble(StartTroubleKind.Unschedulable, "no node takes its pod (0/2 nodes are available: 2 Insufficient memory)", false),
            StartTrouble.OfPod(pod));
    }

    [Fact]
    public void A_policy_that_forbids_the_pod_is_quoted()
    {
        var deployment = new Workload
        {
            Status = new() { Conditions = [new("ReplicaFailure", "True", "FailedCreate", "pods \"x\" is forbidden: violates PodSecurity")] },
        };

        Assert.Equal(StartTroubleKind.Policy, StartTrouble.OfDeployment(deployment)?.Kind);
        Assert.Contains("violates PodSecurity", StartTrouble.OfDeployment(deployment)?.Reason);
    }

    [Theory]
    [InlineData("0.2.0", "0.1.9", true)]
    [InlineData("0.1.0", "0.1.0", false)]
    [InlineData("v1.2.3-beta", "1.2.2", true)]
    [InlineData("what", "1.0.0", false)]
    [InlineData(null, "1.0.0", false)]
    public void Versions_are_compared_by_their_numbers(string? one, string other, bool newer) =>
        Assert.Equal(newer, VersionOrder.IsNewer(one, other));

    private static Pod PodWith(ContainerState state) => new()
    {
        Spec = new() { NodeName = "node1" },
        Status = new() { ContainerStatuses = [new() { Name = "manager", RestartCount = 3, State = state }] },
    };
}
