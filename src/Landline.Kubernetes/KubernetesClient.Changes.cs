using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;

namespace Landline.Kubernetes;

/// <summary>Changes to objects of a kind that the program knows.</summary>
public sealed partial class KubernetesClient
{
    public Task<T> CreateAsync<T>(
        ResourceType<T> type, string? namespaceName, T item, CancellationToken cancellationToken)
        where T : class => CreateAsync(type, namespaceName, item, dryRun: null, cancellationToken);

    /// <summary>The server checks and answers as if, but stores nothing.</summary>
    public Task<T> DryRunCreateAsync<T>(
        ResourceType<T> type, string? namespaceName, T item, CancellationToken cancellationToken)
        where T : class => CreateAsync(type, namespaceName, item, dryRun: "All", cancellationToken);

    /// <summary>A short-lived token of a ServiceAccount.</summary>
    /// <param name="lifetime">At least ten minutes, or the server refuses.</param>
    public async Task<string> CreateTokenAsync(
        string namespaceName,
        string serviceAccount,
        string audience,
        TimeSpan lifetime,
        CancellationToken cancellationToken)
    {
        var wanted = new TokenRequest
        {
            Spec = new TokenRequestSpec { Audiences = [audience], ExpirationSeconds = (long)lifetime.TotalSeconds },
        };
        JsonObject content = JsonSerializer.SerializeToNode(wanted, KubernetesJson.Default.TokenRequest)!.AsObject();
        content["apiVersion"] = "authentication.k8s.io/v1";
        content["kind"] = "TokenRequest";
        string path = $"{ResourceTypes.ServiceAccounts.ObjectPath(namespaceName, serviceAccount)}/token";
        TokenRequest given = await _requests.SendAsync(
            new ApiRequest(HttpMethod.Post, path) { Content = content },
            KubernetesJson.Default.TokenRequest,
            cancellationToken);
        return given.Status?.Token ?? throw new KubernetesApiException(
            System.Net.HttpStatusCode.OK, "InvalidResponse", $"The API server gave no token for {serviceAccount}.");
    }

    /// <summary>Whether the user may do something.</summary>
    public async Task<bool> IsAllowedAsync(ResourceAttributes right, CancellationToken cancellationToken)
    {
        var question = new SelfSubjectAccessReview
        {
            Spec = new SelfSubjectAccessReviewSpec { ResourceAttributes = right },
        };
        SelfSubjectAccessReview answer = await CreateAsync(
            ResourceTypes.SelfSubjectAccessReviews, null, question, cancellationToken);
        return answer.Status.Allowed;
    }

    /// <summary>
    /// Replaces the whole object, so it fits kinds of which <typeparamref name="T"/> knows every field, and JsonObject.
    /// A conflict when the object's resource version is not the current one.
    /// </summary>
    public Task<T> ReplaceAsync<T>(
        ResourceType<T> type, string? namespaceName, string name, T item, CancellationToken cancellationToken)
        where T : class => _requests.SendAsync(
            new ApiRequest(HttpMethod.Put, type.ObjectPath(namespaceName, name)) { Content = Manifest(type, item) },
            type.Json,
            cancellationToken);

    public Task<T> PatchAsync<T>(
        ResourceType<T> type, string? namespaceName, string name, Patch patch, CancellationToken cancellationToken)
        where T : class
    {
        string path = type.ObjectPath(namespaceName, name);
        var request = new ApiRequest(HttpMethod.Patch, patch.Subresource is null ? path : $"{path}/{patch.Subresource}")
        {
            Content = patch.Content,
            MediaType = patch.MediaType,
        };
        return _requests.SendAsync(request, type.Json, cancellationToken);
    }

    /// <summary>Server-side apply: creates the object or brings the fields that are there to their values.</summary>
    public Task<T> ApplyAsync<T>(
        ResourceType<T> type,
        string? namespaceName,
        string name,
        JsonObject manifest,
        ApplyOptions options,
        CancellationToken cancellationToken)
        where T : class
    {
        var request = new ApiRequest(HttpMethod.Patch, type.ObjectPath(namespaceName, name))
        {
            Content = manifest,
            MediaType = "application/apply-patch+yaml", // JSON is YAML; a media type of its own came in 1.31 only.
            Query =
            [
                ("fieldManager", options.FieldManager),
                ("force", options.Force ? "true" : null),
                ("dryRun", options.DryRun ? "All" : null),
            ],
        };
        return _requests.SendAsync(request, type.Json, cancellationToken);
    }

    /// <returns>False when there was no such object.</returns>
    public async Task<bool> DeleteAsync<T>(
        ResourceType<T> type,
        string? namespaceName,
        string name,
        DeleteOptions options,
        CancellationToken cancellationToken)
        where T : class
    {
        var request = new ApiRequest(HttpMethod.Delete, type.ObjectPath(namespaceName, name))
        {
            Content = options.ToJson(),
        };
        try
        {
            using HttpResponseMessage response = await _requests.SendAsync(request, cancellationToken);
            return true;
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    private Task<T> CreateAsync<T>(
        ResourceType<T> type, string? namespaceName, T item, string? dryRun, CancellationToken cancellationToken)
        where T : class => _requests.SendAsync(
            new ApiRequest(HttpMethod.Post, type.CollectionPath(namespaceName))
            {
                Content = Manifest(type, item),
                Query = [("dryRun", dryRun)],
            },
            type.Json,
            cancellationToken);

    /// <summary>The object with its kind, without which the server does not take a custom resource.</summary>
    private static JsonObject Manifest<T>(ResourceType<T> type, T item)
        where T : class
    {
        JsonObject manifest = item is JsonObject already
            ? already
            : JsonSerializer.SerializeToNode(item, type.Json)!.AsObject();
        manifest.TryAdd("apiVersion", type.ApiVersion);
        manifest.TryAdd("kind", type.Kind);
        return manifest;
    }
}
