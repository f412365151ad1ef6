using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Kubernetes.Resources;

namespace Landline.Kubernetes.Requests;

/// <summary>Reads whole collections, page by page, and the objects in them.</summary>
internal sealed class CollectionReader<T>(
    ApiRequests requests, ResourceType<T> type, string? namespaceName, Selector selector)
    where T : class
{
    // As kubectl: large enough to be few, small enough for the API server to make at once.
    private const string PageSize = "500";

    public string Path { get; } = type.CollectionPath(namespaceName);

    /// <summary>Everything that matches, and the version of the collection, from which a watch can go on.</summary>
    public async Task<(List<JsonElement> Items, string Version)> ReadAsync(CancellationToken cancellationToken)
    {
        var items = new List<JsonElement>();
        string? next = null;
        string? limit = PageSize;
        while (true)
        {
            ListPage page;
            try
            {
                page = await requests.SendAsync(
                    Request(("limit", limit), ("continue", next)), KubernetesJson.Default.ListPage, cancellationToken);
            }
            catch (KubernetesApiException e) when (e.IsExpired && next is not null)
            {
                // The server has forgotten where the pages belong together. In one piece that cannot happen again.
                items.Clear();
                (next, limit) = (null, null);
                continue;
            }

            items.AddRange(page.Items);
            next = page.Metadata.Continue;
            if (string.IsNullOrEmpty(next))
            {
                return (items, page.Metadata.ResourceVersion ?? "");
            }
        }
    }

    public ApiRequest Request(params ReadOnlySpan<(string Name, string? Value)> parameters) => new(HttpMethod.Get, Path)
    {
        Query = [("labelSelector", selector.Labels), ("fieldSelector", selector.Fields), .. parameters],
    };

    /// <summary>Objects in a list do not say what they are; a JsonObject is told, because a manifest has to.</summary>
    public T Convert(JsonElement json)
    {
        T item = json.Deserialize(type.Json) ?? throw new JsonException($"A null object from {Path}.");
        if (item is JsonObject manifest)
        {
            manifest.TryAdd("apiVersion", type.ApiVersion);
            manifest.TryAdd("kind", type.Kind);
        }

        return item;
    }
}
