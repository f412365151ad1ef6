namespace Landline.Kubernetes.Requests;

/// <summary>The API server's Status object: the outcome of a request that has no other answer.</summary>
internal sealed record ApiStatus
{
    public string? Status { get; init; }

    public int Code { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public ApiStatusDetails? Details { get; init; }
}

/// <summary>What a refusal is about.</summary>
public sealed record ApiStatusDetails
{
    public string? Name { get; init; }

    public string? Group { get; init; }

    public string? Kind { get; init; }

    public int? RetryAfterSeconds { get; init; }

    public IReadOnlyList<ApiStatusCause> Causes { get; init => field = value ?? []; } = [];
}

/// <param name="Field">Path of the field that is wrong, such as <c>spec.ports[0]</c>.</param>
public sealed record ApiStatusCause(string? Reason, string? Message, string? Field);
