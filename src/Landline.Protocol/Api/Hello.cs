using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>
/// What a client of the manager says of itself when it opens a link. Claims only: the manager believes what the
/// Connection's fingerprint or the TokenReview proves. A role of a later version reads as the plain record.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "role", IgnoreUnrecognizedTypeDiscriminators = true)]
[JsonDerivedType(typeof(WorkstationHello), "workstation")]
[JsonDerivedType(typeof(AgentHello), "agent")]
public record ClientHello
{
    /// <summary>Of the program, for logs and for telling users about version skew.</summary>
    public string? Version { get; init; }
}

/// <summary>A daemon's; the key in its TLS certificate must be the one that the Connection names.</summary>
public sealed record WorkstationHello : ClientHello
{
    public string Namespace { get; init => field = value ?? ""; } = "";

    /// <summary>Name of the Connection object.</summary>
    public string Connection { get; init => field = value ?? ""; } = "";
}

/// <summary>An agent's.</summary>
public sealed record AgentHello : ClientHello
{
    public string Node { get; init => field = value ?? ""; } = "";

    /// <summary>Of the service account landline-agent, audience landline, bound to the agent's pod. A secret: never logged.</summary>
    public string Token { get; init => field = value ?? ""; } = "";

    // A record prints its properties, and a token must not get into a log that way.
    public override string ToString() => $"AgentHello {{ Node = {Node} }}";
}

/// <summary>The manager's answer.</summary>
public sealed record ManagerHello
{
    public string Version { get; init => field = value ?? ""; } = "";

    /// <summary>Name of the manager's pod: a client sees that it talks to another one.</summary>
    public string Pod { get; init => field = value ?? ""; } = "";
}
