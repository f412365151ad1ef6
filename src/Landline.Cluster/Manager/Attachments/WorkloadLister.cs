using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Watching;
using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>Which workloads a namespace has, whether they can be attached to, and who is.</summary>
internal sealed class WorkloadLister(
    KubernetesClient client, Func<IEnumerable<AttachmentObject>> attachments, Func<IEnumerable<Replica>> replicas, ConnectionStore connections)
{
    public async Task<IReadOnlyList<WorkloadInfo>> ListAsync(string namespaceName, CancellationToken cancellationToken)
    {
        IReadOnlyList<Service> services = await client.ListAsync(ResourceTypes.Services, namespaceName, Selector.All, cancellationToken);
        var list = new List<WorkloadInfo>();
        foreach (WorkloadKind kind in WorkloadKind.All)
        {
            if (kind.Resource is { } resource)
            {
                foreach (Workload workload in await ListOrNothingAsync(resource, namespaceName, cancellationToken))
                {
                    if (workload.Metadata.OwnerReferences.All(owner => owner.Controller != true))
                    {
                        list.Add(Describe(kind, workload, services, namespaceName));
                    }
                }
            }
        }

        IReadOnlyList<Pod> pods = await client.ListAsync(ResourceTypes.Pods, namespaceName, Selector.All, cancellationToken);
        list.AddRange(pods
            .Where(pod => pod.Metadata.OwnerReferences.All(owner => owner.Controller != true) && pod.Status.Phase is not ("Succeeded" or "Failed"))
            .Select(pod => Describe(pod, services)));
        return [.. list.OrderBy(item => item.Kind, StringComparer.Ordinal).ThenBy(item => item.Name, StringComparer.Ordinal)];
    }

    private async Task<IReadOnlyList<Workload>> ListOrNothingAsync(
        ResourceType<Workload> type, string namespaceName, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ListAsync(type, namespaceName, Selector.All, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return []; // The cluster does not serve this kind: Rollouts are an extension.
        }
    }

    private WorkloadInfo Describe(WorkloadKind kind, Workload workload, IReadOnlyList<Service> services, string namespaceName) => new()
    {
        Kind = kind.Name,
        Name = workload.Metadata.Name ?? "",
        Services = NamesOf(services, workload.Spec.Template.Metadata.Labels),
        ReadyReplicas = workload.Status.ReadyReplicas + workload.Status.NumberReady,
        Obstacle = ObstacleOf(
            workload.Spec.Template.Spec.HostNetwork == true,
            replicas().Any(pod => pod.Namespace == namespaceName && workload.Spec.Selector.Matches(pod.Labels))),
        Attachments = AttachmentsOf(kind.Name, namespaceName, workload.Metadata.Name),
    };

    private WorkloadInfo Describe(Pod pod, IReadOnlyList<Service> services) => new()
    {
        Kind = "Pod",
        Name = pod.Metadata.Name ?? "",
        Services = NamesOf(services, pod.Metadata.Labels),
        ReadyReplicas = pod.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" }) ? 1 : 0,
        Obstacle = ObstacleOf(pod.Spec.HostNetwork == true, pod.Status.Phase == "Running"),
        Attachments = AttachmentsOf("Pod", pod.Metadata.Namespace ?? "", pod.Metadata.Name),
    };

    private static string? ObstacleOf(bool hostNetwork, bool hasPods) => hostNetwork
        ? "It uses its node's network (hostNetwork)."
        : hasPods ? null : "No pod of it runs.";

    private static string[] NamesOf(IReadOnlyList<Service> services, IReadOnlyDictionary<string, string> labels) =>
        [.. WorkloadFinder.Selecting(services, labels).Select(service => service.Metadata.Name ?? "")];

    private WorkloadAttachment[] AttachmentsOf(string kind, string namespaceName, string? name) =>
    [
        .. attachments()
            .Where(item => item.Metadata.Namespace == namespaceName && item.Spec.Workload.Name == name
                && (item.Status?.Workload?.Kind ?? item.Spec.Workload.Kind) == kind
                && item.Status?.Phase is AttachmentPhase.Active or AttachmentPhase.Pending)
            .Select(item => new WorkloadAttachment
            {
                Name = item.Metadata.Name ?? "",
                Type = item.Spec.Type,
                Http = item.Spec.Http,
                Phase = item.Status?.Phase ?? AttachmentPhase.Pending,
                Owner = connections.Objects.Find(new ObjectKey(namespaceName, item.Spec.Connection)) is { } connection
                    ? $"{connection.Spec.Client.User}@{connection.Spec.Client.Host}"
                    : item.Spec.Connection,
            }),
    ];
}
