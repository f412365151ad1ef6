using System.Text.Json;

namespace Landline.Kubernetes.Requests;

/// <summary>One page of a collection.</summary>
internal sealed record ListPage
{
    public ListMetadata Metadata { get; init => field = value ?? new(); } = new();

    public IReadOnlyList<JsonElement> Items { get; init => field = value ?? []; } = [];
}

internal sealed record ListMetadata
{
    public string? ResourceVersion { get; init; }

    /// <summary>Where the next page begins; null or empty on the last one.</summary>
    public string? Continue { get; init; }
}
