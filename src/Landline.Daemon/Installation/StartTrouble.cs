using Landline.Kubernetes.Resources;

namespace Landline.Daemon.Installation;

internal enum StartTroubleKind
{
    Image,
    Policy,
    Unschedulable,
    Crash,
    Other,
}

/// <summary>Why a pod does not run, as its status and events tell it.</summary>
/// <param name="Reason">A clause without a full stop.</param>
/// <param name="IsLasting">It will hardly go away by waiting.</param>
internal sealed record StartTrouble(StartTroubleKind Kind, string Reason, bool IsLasting)
{
    private const int LongestReason = 300;

    /// <summary>The Deployment cannot even make a pod: quota, pod security, a webhook.</summary>
    public static StartTrouble? OfDeployment(Workload deployment) => deployment.Status.Conditions
        .Where(static condition => condition is { Type: "ReplicaFailure", Status: "True" })
        .Select(static condition => new StartTrouble(
            StartTroubleKind.Policy, $"the cluster does not let its pod be made ({Short(condition.Message)})", true))
        .FirstOrDefault();

    /// <summary>Null = nothing is wrong, as far as its status tells.</summary>
    public static StartTrouble? OfPod(Pod pod)
    {
        if (pod.Status.Conditions.FirstOrDefault(
            static condition => condition is { Type: "PodScheduled", Status: "False", Reason: "Unschedulable" }) is { } scheduling)
        {
            // An autoscaler may be about to add a node.
            return new StartTrouble(StartTroubleKind.Unschedulable, $"no node takes its pod ({Short(scheduling.Message)})", false);
        }

        ContainerStatus? container = pod.Status.ContainerStatuses is [var first, ..] ? first : null;
        return container?.State switch
        {
            { Waiting: { Reason: "ErrImageNeverPull" } } => new StartTrouble(
                StartTroubleKind.Image, $"node {pod.Spec.NodeName} does not have it and may not pull it", true),
            { Waiting: { Reason: "ErrImagePull" or "ImagePullBackOff" or "InvalidImageName" or "ImageInspectError" } waiting } =>
                new StartTrouble(StartTroubleKind.Image, Short(waiting.Message ?? waiting.Reason), true),
            { Waiting: { Reason: "CrashLoopBackOff" } } => new StartTrouble(
                StartTroubleKind.Crash, $"it has ended {container.RestartCount} times; its log says why", true),
            { Waiting: { Reason: "CreateContainerConfigError" or "CreateContainerError" or "RunContainerError" } waiting } =>
                new StartTrouble(StartTroubleKind.Other, Short(waiting.Message ?? waiting.Reason), true),
            { Terminated: { ExitCode: not 0 } ended } => new StartTrouble(
                StartTroubleKind.Crash, $"it has ended with exit code {ended.ExitCode}; its log says why", false),
            _ when pod.Status.Phase == "Failed" => new StartTrouble(
                StartTroubleKind.Policy, $"its pod was turned down ({Short(pod.Status.Message ?? pod.Status.Reason)})", true),
            _ => null,
        };
    }

    /// <summary>The last warning about a pod that has not got as far as a container's status.</summary>
    public static StartTrouble? OfEvents(IEnumerable<ClusterEvent> events, Pod pod) =>
        pod.Status.ContainerStatuses.Any(static container => container.State.Running is not null)
            ? null
            : events
                .Where(item => item.Type == "Warning" && item.InvolvedObject?.Uid == pod.Metadata.Uid)
                .OrderByDescending(static item => item.LastTimestamp)
                .Select(static item => new StartTrouble(StartTroubleKind.Other, Short(item.Message ?? item.Reason), false))
                .FirstOrDefault();

    private static string Short(string? text)
    {
        string line = (text ?? "no reason given").ReplaceLineEndings(" ").Trim().TrimEnd('.');
        return line.Length <= LongestReason ? line : line[..LongestReason] + "…";
    }
}
