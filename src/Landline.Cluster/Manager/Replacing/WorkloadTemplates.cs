using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>Workloads as the API server has them, with everything that is in them, for whoever changes their templates.</summary>
internal sealed class WorkloadTemplates(KubernetesClient client)
{
    public Task<JsonObject> GetAsync(WorkloadKind kind, string ns, string name, CancellationToken cancellationToken) =>
        client.GetAsync(JsonType(kind), ns, name, cancellationToken);

    /// <summary>Those that say that they are changed.</summary>
    public Task<IReadOnlyList<JsonObject>> ListReplacedAsync(WorkloadKind kind, CancellationToken cancellationToken) =>
        client.ListAsync(JsonType(kind), null, Selector.ByLabels(ContainerSwap.Label), cancellationToken);

    /// <summary>Writes only what a swap changes, and only if nobody else has changed the object since it was read.</summary>
    public async Task WriteAsync(WorkloadKind kind, JsonObject workload, CancellationToken cancellationToken)
    {
        JsonNode metadata = workload["metadata"]!;
        await client.PatchAsync(
            JsonType(kind),
            metadata["namespace"]!.GetValue<string>(),
            metadata["name"]!.GetValue<string>(),
            Patch.Json(new JsonArray(
                new JsonObject { ["op"] = "test", ["path"] = "/metadata/resourceVersion", ["value"] = metadata["resourceVersion"]!.DeepClone() },
                new JsonObject { ["op"] = "add", ["path"] = "/metadata/annotations", ["value"] = metadata["annotations"]?.DeepClone() ?? new JsonObject() },
                new JsonObject { ["op"] = "add", ["path"] = "/metadata/labels", ["value"] = metadata["labels"]?.DeepClone() ?? new JsonObject() },
                new JsonObject { ["op"] = "replace", ["path"] = "/spec/template", ["value"] = workload["spec"]!["template"]!.DeepClone() })),
            cancellationToken);
    }

    private static ResourceType<JsonObject> JsonType(WorkloadKind kind)
    {
        ResourceType<Workload> typed = kind.Resource!;
        return new(typed.Group, typed.Version, typed.Plural, typed.Kind, true, ManagerJson.Default.JsonObject);
    }
}
