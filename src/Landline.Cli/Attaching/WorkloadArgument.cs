using System.Diagnostics.CodeAnalysis;
using Landline.Protocol.Api;

namespace Landline.Cli.Attaching;

/// <summary>A workload as users write it: <c>web</c>, or with its kind, <c>deploy/web</c>.</summary>
internal static class WorkloadArgument
{
    // kubectl's names for the kinds that can be attached to, to the names that the Attachment object takes.
    private static readonly (string Kind, string[] Spellings)[] Kinds =
    [
        ("Deployment", ["deployment", "deployments", "deploy"]),
        ("StatefulSet", ["statefulset", "statefulsets", "sts"]),
        ("ReplicaSet", ["replicaset", "replicasets", "rs"]),
        ("DaemonSet", ["daemonset", "daemonsets", "ds"]),
        ("Rollout", ["rollout", "rollouts", "ro"]),
        ("Pod", ["pod", "pods", "po"]),
    ];

    public static IEnumerable<string> KindNames => Kinds.Select(pair => pair.Spellings[0]);

    public static bool TryParse(string text, [NotNullWhen(true)] out AttachmentWorkload? workload)
    {
        string[] parts = text.Split('/');
        string? kind = parts.Length == 2
            ? Kinds.FirstOrDefault(pair => pair.Spellings.Contains(parts[0], StringComparer.OrdinalIgnoreCase)).Kind
            : null;
        workload = parts.Length == 1 || kind is not null ? new AttachmentWorkload { Kind = kind, Name = parts[^1] } : null;
        return workload is { Name.Length: > 0 };
    }
}
