using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>
/// What a Connection object asks for: a session for whoever holds the key. Made by the daemon, never changed. Keep in
/// sync with deploy/manifests/20-connections.yaml.
/// </summary>
public sealed record ConnectionSpec
{
    public const int UsualGraceSeconds = 120;

    public ConnectionClient Client { get; init => field = value ?? new(); } = new();

    /// <summary>"sha256:" and the lower-case hexadecimal SHA-256 of the workstation's DER certificate.</summary>
    public string PublicKeyFingerprint { get; init => field = value ?? ""; } = "";

    /// <summary>How long the session is kept while the workstation is away.</summary>
    public int GracePeriodSeconds { get; init => field = value > 0 ? value : UsualGraceSeconds; } = UsualGraceSeconds;
}

/// <summary>Who connects and from where, for people to read.</summary>
public sealed record ConnectionClient
{
    public string? User { get; init; }

    public string? Host { get; init; }

    public string? Version { get; init; }
}

/// <summary>What became of a Connection. Written by the manager only.</summary>
public sealed record ConnectionStatus
{
    public ConnectionPhase Phase { get; init; }

    /// <summary>The same in the logs of daemon, manager and agent.</summary>
    public string? SessionId { get; init; }

    public DateTimeOffset? ConnectedSince { get; init; }

    public string? Message { get; init; }
}

/// <summary>Pending → Connected ⇄ Waiting → Ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConnectionPhase>))]
public enum ConnectionPhase
{
    /// <summary>The workstation has not come yet.</summary>
    Pending,

    /// <summary>The session has a link.</summary>
    Connected,

    /// <summary>The link is gone; the session waits for the workstation until the grace period is over.</summary>
    Waiting,

    /// <summary>The session is over; the object is about to be deleted.</summary>
    Ended,
}
