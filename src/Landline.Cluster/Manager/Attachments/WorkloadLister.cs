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
    private sealed record Kind<T>(IReadOnlyList<T> Items, string? Failure)
        where T : class;

    /// <summary>What one kind of object fails with hides no other: a user may have to do with half of the truth, and is told so.</summary>
    public async Task<WorkloadListing> ListAsync(string namespaceName, CancellationToken cancellationToken)
    {
        // At once, because the workstation waits, and each refusal that an API server has in passing is asked again for a while.
        Task<Kind<Service>> askingServices = ListAsync(ResourceTypes.Services, namespaceName, cancellationToken);
        Task<Kind<Pod>> askingPods = ListAsync(ResourceTypes.Pods, namespaceName, cancellationToken);
        WorkloadKind[] kinds = [.. WorkloadKind.All.Where(kind => kind.Resource is not null)];
        Kind<Workload>[] workloads = await Task.WhenAll(kinds.Select(kind => ListAsync(kind.Resource!, namespaceName, cancellationToken)));
        Kind<Service> services = await askingServices;
        Kind<Pod> pods = await askingPods;

        string?[] failures = [.. workloads.Select(kind => kind.Failure), pods.Failure];
        if (failures.All(failure => failure is not null))
        {
            return new WorkloadListing([], failures[0], []);
        }

        IEnumerable<WorkloadInfo> list = kinds
            .Zip(workloads, (kind, listed) => listed.Items.Where(item => IsItsOwn(item.Metadata)).Select(item => Describe(kind, item, services.Items, namespaceName)))
            .SelectMany(found => found)
            .Concat(pods.Items
                .Where(pod => IsItsOwn(pod.Metadata) && pod.Status.Phase is not ("Succeeded" or "Failed"))
                .Select(pod => Describe(pod, services.Items)));
        return new WorkloadListing(
            [.. list.OrderBy(item => item.Kind, StringComparer.Ordinal).ThenBy(item => item.Name, StringComparer.Ordinal)],
            null,
            [.. failures.Append(services.Failure).OfType<string>()]);
    }

    private async Task<Kind<T>> ListAsync<T>(ResourceType<T> type, string namespaceName, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return new(await client.ListAsync(type, namespaceName, Selector.All, cancellationToken), null);
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return new([], null); // The cluster does not serve this kind: Rollouts are an extension.
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            return new([], $"The {type} cannot be listed: {e.Message.TrimEnd('.')}.");
        }
    }

    private static bool IsItsOwn(ObjectMeta metadata) => metadata.OwnerReferences.All(owner => owner.Controller != true);

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

    // Only what the object's name begins with: an annotation can hold anything, and this goes to a terminal.
    private static string UsersNameOf(ObjectMeta attachment)
    {
        string name = attachment.Name ?? "";
        return attachment.Annotations.TryGetValue(ClusterObjects.UsersNameAnnotation, out string? users)
            && name.StartsWith($"{users}-", StringComparison.Ordinal) ? users : name;
    }

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
                Name = UsersNameOf(item.Metadata),
                ObjectName = item.Metadata.Name,
                Type = item.Spec.Type,
                Http = item.Spec.Http,
                Phase = item.Status?.Phase ?? AttachmentPhase.Pending,
                Owner = connections.Objects.Find(new ObjectKey(namespaceName, item.Spec.Connection)) is { } connection
                    ? $"{connection.Spec.Client.User}@{connection.Spec.Client.Host}"
                    : item.Spec.Connection,
            }),
    ];
}
