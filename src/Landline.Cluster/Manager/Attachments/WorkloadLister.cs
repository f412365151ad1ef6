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
    /// <summary>What an attachment is made to.</summary>
    private sealed record Target(string Kind, string Name);

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

        (WorkloadKind Kind, Workload Item)[] found =
        [
            .. kinds.Zip(workloads, static (kind, listed) => listed.Items.Select(item => (kind, item))).SelectMany(static items => items),
        ];
        ILookup<Target, WorkloadAttachment> attached = Attached(namespaceName, OwnersOf(
            found.Select(workload => (workload.Kind.Name, workload.Item.Metadata)).Concat(pods.Items.Select(pod => ("Pod", pod.Metadata)))));
        IEnumerable<WorkloadInfo> list = found
            .Where(workload => IsItsOwn(workload.Item.Metadata))
            .Select(workload => Describe(workload.Kind, workload.Item, services.Items, attached, namespaceName))
            .Concat(pods.Items
                .Where(pod => IsItsOwn(pod.Metadata) && pod.Status.Phase is not ("Succeeded" or "Failed"))
                .Select(pod => Describe(pod, services.Items, attached)));
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

    private static bool IsItsOwn(ObjectMeta metadata) => PodOwner.Of(metadata) is null;

    private static Dictionary<Target, Target> OwnersOf(IEnumerable<(string Kind, ObjectMeta Metadata)> objects)
    {
        var owners = new Dictionary<Target, Target>();
        foreach ((string kind, ObjectMeta metadata) in objects)
        {
            if (PodOwner.Of(metadata) is { } owner)
            {
                owners[new Target(kind, metadata.Name ?? "")] = new Target(owner.Kind, owner.Name);
            }
        }

        return owners;
    }

    private WorkloadInfo Describe(
        WorkloadKind kind, Workload workload, IReadOnlyList<Service> services, ILookup<Target, WorkloadAttachment> attached, string namespaceName) => new()
    {
        Kind = kind.Name,
        Name = workload.Metadata.Name ?? "",
        Services = NamesOf(services, workload.Spec.Template.Metadata.Labels),
        ReadyReplicas = workload.Status.ReadyReplicas + workload.Status.NumberReady,
        Obstacle = ObstacleOf(
            workload.Spec.Template.Spec.HostNetwork == true,
            replicas().Any(pod => pod.Namespace == namespaceName && workload.Spec.Selector.Matches(pod.Labels))),
        Attachments = [.. attached[new Target(kind.Name, workload.Metadata.Name ?? "")]],
    };

    private static WorkloadInfo Describe(Pod pod, IReadOnlyList<Service> services, ILookup<Target, WorkloadAttachment> attached) => new()
    {
        Kind = "Pod",
        Name = pod.Metadata.Name ?? "",
        Services = NamesOf(services, pod.Metadata.Labels),
        ReadyReplicas = pod.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" }) ? 1 : 0,
        Obstacle = ObstacleOf(pod.Spec.HostNetwork == true, pod.Status.Phase == "Running"),
        Attachments = [.. attached[new Target("Pod", pod.Metadata.Name ?? "")]],
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

    /// <summary>By the workload in whose row they are shown: whoever has a pod or a ReplicaSet of it has some of its traffic.</summary>
    private ILookup<Target, WorkloadAttachment> Attached(string namespaceName, Dictionary<Target, Target> owners)
    {
        return attachments()
            .Where(item => item.Metadata.Namespace == namespaceName && item.Status?.Phase is AttachmentPhase.Active or AttachmentPhase.Pending)
            .ToLookup(
                item => RowOf(new Target(item.Status?.Workload?.Kind ?? item.Spec.Workload.Kind ?? "", item.Spec.Workload.Name)),
                item => Describe(item, namespaceName));

        // From a pod through its ReplicaSet to the Deployment there are two steps, and no more anywhere: owners could go round in a circle.
        Target RowOf(Target target) => owners.TryGetValue(target, out Target? owner) ? owners.GetValueOrDefault(owner, owner) : target;
    }

    private WorkloadAttachment Describe(AttachmentObject attachment, string namespaceName) => new()
    {
        Name = UsersNameOf(attachment.Metadata),
        ObjectName = attachment.Metadata.Name,
        Type = attachment.Spec.Type,
        Http = attachment.Spec.Http,
        Phase = attachment.Status?.Phase ?? AttachmentPhase.Pending,
        Owner = connections.Objects.Find(new ObjectKey(namespaceName, attachment.Spec.Connection)) is { } connection
            ? $"{connection.Spec.Client.User}@{connection.Spec.Client.Host}"
            : attachment.Spec.Connection,
    };
}
