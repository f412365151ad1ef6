using System.Text.Json.Nodes;

namespace Landline.Kubernetes.Requests;

/// <summary>A change to an object, in one of the three forms that the API takes.</summary>
public sealed record Patch
{
    private Patch(string mediaType, JsonNode content)
    {
        MediaType = mediaType;
        Content = content;
    }

    internal string MediaType { get; }

    internal JsonNode Content { get; }

    internal string? Subresource { get; private init; }

    /// <summary>RFC 7396: what is there replaces, null deletes, lists are replaced whole.</summary>
    public static Patch Merge(JsonObject content) => new("application/merge-patch+json", content);

    /// <summary>
    /// RFC 6902: a list of operations; with <c>test</c> the only one that can be conditional on content.
    /// </summary>
    public static Patch Json(JsonArray operations) => new("application/json-patch+json", operations);

    /// <summary>Kubernetes' own: lists with a merge key are merged by element. Not for custom resources.</summary>
    public static Patch StrategicMerge(JsonObject content) => new("application/strategic-merge-patch+json", content);

    /// <summary>The same change, to the object's status.</summary>
    public Patch OfStatus() => this with { Subresource = "status" };

    /// <summary>The same change, to <c>scale</c> or another subresource.</summary>
    public Patch Of(string subresource) => this with { Subresource = subresource };
}
