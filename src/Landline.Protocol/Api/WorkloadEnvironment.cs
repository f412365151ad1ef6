namespace Landline.Protocol.Api;

/// <summary>What one daemon answers to <c>GET /v1/attachments/NAME/environment</c>. Holds secrets: never logged or stored.</summary>
public sealed record WorkloadEnvironment
{
    public required string Pod { get; init; }

    public required string Container { get; init; }

    /// <summary>Where the container mounts volumes; absolute paths.</summary>
    public IReadOnlyList<string> Mounts { get; init => field = value ?? []; } = [];

    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    // A record prints its properties, and values must not get into a log that way.
    public override string ToString() => $"WorkloadEnvironment {{ Pod = {Pod}, Container = {Container} }}";
}
