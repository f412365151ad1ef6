using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;

namespace Landline.Kubernetes;

/// <summary>Objects of any kind, whose place in the API is looked up in the cluster.</summary>
public sealed partial class KubernetesClient
{
    // What the cluster serves, by API version. A kind that is not in it is looked up anew: CRDs come at run time.
    private readonly ConcurrentDictionary<string, ApiResourceList> _served = new();

    /// <summary>Server-side apply of any manifest; one without a namespace goes to the settings' namespace.</summary>
    /// <exception cref="KubernetesApiException">Also when the cluster does not know the kind (404).</exception>
    public async Task<JsonObject> ApplyAsync(JsonObject manifest, ApplyOptions options, CancellationToken cancellationToken)
    {
        (string apiVersion, string kind, string? namespaceName, string name) = Identify(manifest);
        ResourceType<JsonObject> type = await FindTypeAsync(apiVersion, kind, cancellationToken)
            ?? throw new KubernetesApiException(
                System.Net.HttpStatusCode.NotFound,
                "NotFound",
                $"The cluster does not know the kind {kind} of {apiVersion}.");
        return await ApplyAsync(type, namespaceName, name, manifest, options, cancellationToken);
    }

    /// <summary>Deletes what a manifest describes. False when it, or its kind, does not exist.</summary>
    public async Task<bool> DeleteAsync(JsonObject manifest, DeleteOptions options, CancellationToken cancellationToken)
    {
        (string apiVersion, string kind, string? namespaceName, string name) = Identify(manifest);
        ResourceType<JsonObject>? type = await FindTypeAsync(apiVersion, kind, cancellationToken);
        return type is not null && await DeleteAsync(type, namespaceName, name, options, cancellationToken);
    }

    /// <summary>
    /// What a manifest describes, as it is in the cluster; null when it, or its kind, does not exist.
    /// </summary>
    public async Task<JsonObject?> FindAsync(JsonObject manifest, CancellationToken cancellationToken)
    {
        (string apiVersion, string kind, string? namespaceName, string name) = Identify(manifest);
        ResourceType<JsonObject>? type = await FindTypeAsync(apiVersion, kind, cancellationToken);
        return type is null ? null : await FindAsync(type, namespaceName, name, cancellationToken);
    }

    /// <summary>Looks up a kind in the cluster; null when the cluster does not serve it.</summary>
    public async Task<ResourceType<JsonObject>?> FindTypeAsync(
        string apiVersion, string kind, CancellationToken cancellationToken)
    {
        if (_served.TryGetValue(apiVersion, out ApiResourceList? known) && Find(known) is { } type)
        {
            return type;
        }

        string path = apiVersion.Contains('/', StringComparison.Ordinal) ? $"/apis/{apiVersion}" : $"/api/{apiVersion}";
        try
        {
            known = await _requests.SendAsync(
                new ApiRequest(HttpMethod.Get, path), KubernetesJson.Default.ApiResourceList, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return null;
        }

        _served[apiVersion] = known;
        return Find(known);

        ResourceType<JsonObject>? Find(ApiResourceList list)
        {
            string[] parts = apiVersion.Split('/');
            return list.Resources.FirstOrDefault(
                resource => resource.Kind == kind && !resource.Name.Contains('/', StringComparison.Ordinal)) is { } found
                ? new ResourceType<JsonObject>(
                    parts.Length > 1 ? parts[0] : "",
                    parts[^1],
                    found.Name,
                    kind,
                    found.Namespaced,
                    KubernetesJson.Default.JsonObject)
                : null;
        }
    }

    private (string ApiVersion, string Kind, string? Namespace, string Name) Identify(JsonObject manifest)
    {
        return (
            Text(manifest, "apiVersion"),
            Text(manifest, "kind"),
            manifest["metadata"]?["namespace"]?.ToString() ?? Settings.Namespace,
            Text(manifest["metadata"] as JsonObject, "name"));

        static string Text(JsonObject? parent, string field) => parent?[field]?.ToString()
            ?? throw new ArgumentException($"The manifest has no {field}.", nameof(manifest));
    }
}
