using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>What attaching needs of a pod: kept for every pod of the cluster, so no more than that.</summary>
internal sealed record Replica
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    public required string Node { get; init; }

    public required bool HostNetwork { get; init; }

    /// <summary>It is being deleted, and a container of it still runs: nothing is attached to it, but it may still be at work.</summary>
    public required bool IsEnding { get; init; }

    /// <summary>It has a user namespace of its own.</summary>
    public required bool HasOwnUsers { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>What made it and would make another: null for a bare pod.</summary>
    public required PodOwner? Owner { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>The node's own, as the pod's status has them.</summary>
    public required IReadOnlyList<string> NodeAddresses { get; init; }

    public required IReadOnlyList<ReplicaContainer> Containers { get; init; }

    /// <summary>Where the kubelet does not call itself by its own name.</summary>
    public required IReadOnlyList<NamedProbe> Probes { get; init; }

    /// <summary>Null for a pod of which nothing can run (any more): not on a node, or ended.</summary>
    public static Replica? Of(Pod pod) =>
        pod.Metadata is { Name: { } name, Namespace: { } ns, Uid: { } uid }
        && pod.Spec.NodeName is { Length: > 0 } node && pod.Status.Phase is not ("Succeeded" or "Failed")
        && (pod.Metadata.DeletionTimestamp is null || pod.Status.ContainerStatuses.Any(container => container.State.Running is not null))
            ? new Replica
            {
                Namespace = ns,
                Name = name,
                Uid = uid,
                Node = node,
                HostNetwork = pod.Spec.HostNetwork == true,
                IsEnding = pod.Metadata.DeletionTimestamp is not null,
                HasOwnUsers = pod.Spec.HostUsers == false,
                Created = pod.Metadata.CreationTimestamp ?? default,
                Owner = PodOwner.Of(pod.Metadata),
                Labels = pod.Metadata.Labels,
                Annotations = pod.Metadata.Annotations,
                Addresses = AllOf(pod.Status.PodIPs, pod.Status.PodIP),
                NodeAddresses = AllOf(pod.Status.HostIPs, pod.Status.HostIP),
                Containers = [.. pod.Spec.Containers.Select(container => ContainerOf(container, pod))],
                Probes = NamedProbes.Of(pod.Spec),
            }
            : null;

    private static string[] AllOf(IReadOnlyList<PodAddress> addresses, string? first) =>
        [.. addresses.Select(address => address.Ip).Append(first).OfType<string>().Distinct()];

    private static ReplicaContainer ContainerOf(Container container, Pod pod)
    {
        ContainerStatus? status = pod.Status.ContainerStatuses.FirstOrDefault(item => item.Name == container.Name);
        return new ReplicaContainer(
            container.Name,
            status?.State.Running is not null ? status.ContainerID : null,
            status?.State.Waiting?.Reason is { } reason and not ("ContainerCreating" or "PodInitializing") ? reason : null,
            [.. container.VolumeMounts.Select(mount => mount.MountPath)]);
    }
}

/// <param name="RunningId">Null while the container does not run.</param>
/// <param name="Trouble">Why Kubernetes fails to start it, such as CrashLoopBackOff; null: it runs, has run, or is just being started.</param>
/// <param name="Mounts">Where volumes are mounted.</param>
internal sealed record ReplicaContainer(string Name, string? RunningId, string? Trouble, IReadOnlyList<string> Mounts);
