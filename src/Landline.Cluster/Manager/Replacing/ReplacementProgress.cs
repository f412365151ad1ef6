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
        int replaced = own.Count(pod => !pod.IsEnding && IsMarked(pod, mark));
        int left = own.Count(pod => !pod.IsEnding && !IsMarked(pod, mark));
        Replica[] ending =
        [
            .. own.Where(pod => pod.IsEnding && !IsMarked(pod, mark) && pod.Containers.Any(item => item.Name == container && item.RunningId is not null))
                .OrderBy(pod => pod.Name, StringComparer.Ordinal),
        ];
        return (left, ending) switch
        {
            (> 0, _) => (AttachmentStatus.Replacing, $"{replaced} of {replaced + left} pods of {workload.DisplayName} are replaced."),
            (_, [var one]) => (AttachmentStatus.OriginalEnds, $"Pod {one.Name} was told to end, and still runs."),
            (_, [var one, ..]) => (AttachmentStatus.OriginalEnds, $"Pod {one.Name} and {ending.Length - 1} more were told to end, and still run."),
            _ => null,
        };
    }

    private static bool IsMarked(Replica pod, string mark) => pod.Annotations.GetValueOrDefault(ContainerSwap.PodAnnotation) == mark;
}
