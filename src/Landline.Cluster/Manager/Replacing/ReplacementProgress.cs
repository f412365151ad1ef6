using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Workloads;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>How far a workload is on its way to running placeholders alone.</summary>
internal static class ReplacementProgress
{
    /// <summary>Null when no original runs any more, also none that is ending: two that take work from one queue are one too many.</summary>
    public static (string Reason, string Message)? Of(WorkloadView workload, string container, Swap? swap, IEnumerable<Replica> pods)
    {
        if (swap is not Swap.Done(var mark, _))
        {
            return (AttachmentStatus.Replacing, swap is Swap.NotYet(var why) ? why : "The workload's container is being replaced.");
        }

        Replica[] own = [.. pods.Where(pod => pod.Namespace == workload.Namespace && workload.Owns(pod.Name, pod.Owner, pod.Labels))];
        Replica[] marked = [.. own.Where(pod => !pod.IsEnding && IsMarked(pod, mark)).OrderBy(pod => pod.Name, StringComparer.Ordinal)];
        int replaced = marked.Count(pod => ContainerOf(pod, container)?.RunningId is not null);
        int left = own.Count(pod => !pod.IsEnding && !IsMarked(pod, mark));
        Replica[] ending =
        [
            .. own.Where(pod => pod.IsEnding && !IsMarked(pod, mark) && ContainerOf(pod, container)?.RunningId is not null)
                .OrderBy(pod => pod.Name, StringComparer.Ordinal),
        ];
        return (left, ending) switch
        {
            (> 0, _) => (
                AttachmentStatus.Replacing,
                $"{replaced} of {marked.Length + left} pods of {workload.DisplayName} are replaced{TroubleOf(marked, container)}."),
            (_, [var one]) => (AttachmentStatus.OriginalEnds, $"Pod {one.Name} was told to end, and still runs."),
            (_, [var one, ..]) => (AttachmentStatus.OriginalEnds, $"Pod {one.Name} and {ending.Length - 1} more were told to end, and still run."),
            _ => null,
        };
    }

    // Of the first that has any: what keeps one placeholder from starting most likely keeps all.
    private static string TroubleOf(IEnumerable<Replica> marked, string container) => marked
        .Select(pod => (pod.Name, ContainerOf(pod, container)?.Trouble))
        .FirstOrDefault(pod => pod.Trouble is not null) is (var pod, { } trouble)
            ? $"; container '{container}' of pod {pod} does not start ({Steady(trouble)})"
            : "";

    // Between two tries to pull an image Kubernetes says that it waits: a message that came and went with that would look like progress.
    private static string Steady(string trouble) => trouble == "ImagePullBackOff" ? "ErrImagePull" : trouble;

    private static ReplicaContainer? ContainerOf(Replica pod, string container) => pod.Containers.FirstOrDefault(item => item.Name == container);

    private static bool IsMarked(Replica pod, string mark) => pod.Annotations.GetValueOrDefault(ContainerSwap.PodAnnotation) == mark;
}
