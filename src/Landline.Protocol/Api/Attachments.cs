using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>
/// What a user asks to be attached to, in the user's words (identifiers are resolved by the manager into the status).
/// Made by the daemon, never changed. Keep in sync with deploy/manifests/21-attachments.yaml.
/// </summary>
public sealed record AttachmentSpec
{
    /// <summary>Name of the Connection, in the same namespace.</summary>
    public string Connection { get; init => field = value ?? ""; } = "";

    public AttachmentType Type { get; init; }

    public AttachmentWorkload Workload { get; init => field = value ?? new(); } = new();

    /// <summary>Null: the one that has the port, or the only one.</summary>
    public string? Container { get; init; }

    /// <summary>Null: whichever services select the workload.</summary>
    public string? Service { get; init; }

    public IReadOnlyList<AttachmentPort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>Null: every connection to the ports, as bytes.</summary>
    public HttpMatch? Http { get; init; }

    public WhenUnavailable WhenUnavailable { get; init; }

    /// <summary>Whether HTTP requests carry the caller's address to the workstation as X-Forwarded-For.</summary>
    public bool ForwardSourceAddress { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<AttachmentType>))]
public enum AttachmentType
{
    /// <summary>Traffic goes to the workstation instead of the original.</summary>
    Intercept,

    /// <summary>The original does not run meanwhile.</summary>
    Replace,

    /// <summary>The workstation gets a copy of the traffic.</summary>
    Wiretap,

    /// <summary>Environment and files only.</summary>
    Ingest,
}

/// <summary>Kind and apiVersion may be left out: the manager then looks for the one workload of that name.</summary>
public sealed record AttachmentWorkload
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public string Name { get; init => field = value ?? ""; } = "";
}

/// <summary>One port to attach to.</summary>
public sealed record AttachmentPort
{
    /// <summary>Name or number of a service's or container's port; null: the only one there is.</summary>
    public string? Identifier { get; init; }

    public PortProtocol Protocol { get; init; }

    /// <summary>Where the handler listens on the workstation; null: the same number as the container's.</summary>
    public int? WorkstationPort { get; init; }
}

/// <summary>Spelt as in Kubernetes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PortProtocol>))]
public enum PortProtocol
{
    [JsonStringEnumMemberName("TCP")]
    Tcp,

    [JsonStringEnumMemberName("UDP")]
    Udp,
}

/// <summary>What happens to a request when nothing listens on the workstation or the session is away.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WhenUnavailable>))]
public enum WhenUnavailable
{
    /// <summary>The original answers.</summary>
    Fallback,

    /// <summary>The connection is refused.</summary>
    Refuse,
}

/// <summary>Which HTTP requests are meant: those that match every part that is given.</summary>
public sealed record HttpMatch
{
    public IReadOnlyList<HttpValueMatch> Headers { get; init => field = value ?? []; } = [];

    /// <summary>Members of the W3C <c>baggage</c> header.</summary>
    public IReadOnlyList<HttpValueMatch> Baggage { get; init => field = value ?? []; } = [];

    public HttpPathMatch? Path { get; init; }

    /// <summary>Upper case; empty: any.</summary>
    public IReadOnlyList<string> Methods { get; init => field = value ?? []; } = [];
}

/// <summary>Exactly one of Value and Regex is set. A regular expression must match somewhere in the value.</summary>
public sealed record HttpValueMatch
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string? Value { get; init; }

    public string? Regex { get; init; }
}

/// <summary>Exactly one is set.</summary>
public sealed record HttpPathMatch
{
    public string? Exact { get; init; }

    public string? Prefix { get; init; }

    public string? Regex { get; init; }
}
