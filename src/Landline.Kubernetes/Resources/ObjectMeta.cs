namespace Landline.Kubernetes.Resources;

/// <summary>The metadata that every Kubernetes object has, as far as it is used here.</summary>
public sealed record ObjectMeta
{
    public string? Name { get; init; }

    /// <summary>Prefix of a name that the API server completes; only when creating.</summary>
    public string? GenerateName { get; init; }

    public string? Namespace { get; init; }

    public string? Uid { get; init; }

    /// <summary>Opaque: compare for equality only.</summary>
    public string? ResourceVersion { get; init; }

    public long? Generation { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Set: the object is being deleted and waits for its finalizers or its grace period.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? Nothing; } = Nothing;

    public IReadOnlyDictionary<string, string> Annotations { get; init => field = value ?? Nothing; } = Nothing;

    public IReadOnlyList<OwnerReference> OwnerReferences { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Finalizers { get; init => field = value ?? []; } = [];

    private static IReadOnlyDictionary<string, string> Nothing { get; } = new Dictionary<string, string>();
}

public sealed record OwnerReference
{
    public required string ApiVersion { get; init; }

    public required string Kind { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    public bool? Controller { get; init; }

    public bool? BlockOwnerDeletion { get; init; }
}
