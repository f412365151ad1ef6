using System.Text.Json.Nodes;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;

namespace Landline.Daemon.Installation;

/// <summary>Finds objects that bear Landline's label and that the manifests do not name: those of another version.</summary>
internal static class Leftovers
{
    private static readonly (string ApiVersion, string Kind, bool Namespaced)[] Kinds =
    [
        ("apps/v1", "Deployment", true),
        ("v1", "Service", true),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", true),
        ("rbac.authorization.k8s.io/v1", "Role", true),
        ("v1", "ServiceAccount", true),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", false),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", false),
    ];

    public static async Task<IReadOnlyList<Manifest>> FindAsync(
        KubernetesClient client, string managerNamespace, IReadOnlyCollection<Manifest> wanted, CancellationToken cancellationToken)
    {
        var selector = Selector.ByLabels($"{ClusterObjects.ManagedByLabel}={ClusterObjects.ManagedBy}");
        var found = new List<Manifest>();
        foreach ((string apiVersion, string kind, bool namespaced) in Kinds)
        {
            if (await client.FindTypeAsync(apiVersion, kind, cancellationToken) is not { } type)
            {
                continue;
            }

            foreach (JsonObject item in await ListAsync(client, type, namespaced ? managerNamespace : null, selector, cancellationToken))
            {
                // Lists do not repeat the kind in their items.
                item["apiVersion"] = apiVersion;
                item["kind"] = kind;
                var manifest = new Manifest(item);
                if (!wanted.Any(one => one.Is(kind, manifest.Name)))
                {
                    found.Add(manifest);
                }
            }
        }

        return found;
    }

    // What may not be looked for does not keep an installation from working.
    private static async Task<IReadOnlyList<JsonObject>> ListAsync(
        KubernetesClient client, ResourceType<JsonObject> type, string? @namespace, Selector selector, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ListAsync(type, @namespace, selector, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsForbidden || e.IsNotFound)
        {
            return [];
        }
    }
}
