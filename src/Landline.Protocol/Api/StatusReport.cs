using System.Text.Json.Serialization;

namespace Landline.Protocol.Api;

/// <summary>What <c>landline status</c> shows: every connection of the user.</summary>
public sealed record StatusReport(IReadOnlyList<ConnectionInfo> Connections, IReadOnlyList<WarningInfo> Warnings);

/// <summary>What one daemon answers to <c>GET /v1/status</c>.</summary>
/// <param name="Connection">Null until a connection has been asked for.</param>
public sealed record DaemonStatus(
    string Version, int ProcessId, ConnectionInfo? Connection, IReadOnlyList<WarningInfo> Warnings);

/// <summary>Where a connection is in its life.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConnectionState>))]
public enum ConnectionState
{
    Connecting,
    Connected,

    /// <summary>The session's link is gone and is being dialled again; open streams stall.</summary>
    Reconnecting,

    Disconnecting,

    /// <summary>Ended by itself; <see cref="ConnectionInfo.Reason"/> says why. Nothing of it is left on the machine.</summary>
    Failed,

    /// <summary>Its daemon died. Reported once, by the command that found and removed the remains.</summary>
    Crashed,
}

/// <summary>One connection as the user sees it.</summary>
public sealed record ConnectionInfo
{
    public required string Name { get; init; }

    public required ConnectionState Status { get; init; }

    public required DateTimeOffset StatusSince { get; init; }

    /// <summary>Why it is reconnecting or has failed.</summary>
    public string? Reason { get; init; }

    public string? Context { get; init; }

    /// <summary>As in the request: the variable KUBECONFIG.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>As in the request: the only file.</summary>
    public string? KubeconfigFile { get; init; }

    public string? ActAs { get; init; }

    public string? Server { get; init; }

    public string? Namespace { get; init; }

    public string? ManagerNamespace { get; init; }

    public string? ManagerVersion { get; init; }

    public string? KubernetesVersion { get; init; }

    public int? DaemonProcessId { get; init; }

    /// <summary>What is routed into the cluster, after all exceptions.</summary>
    public IReadOnlyList<string> Subnets { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> AlsoProxy { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> NeverProxy { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> MappedNamespaces { get; init => field = value ?? []; } = [];

    public DnsInfo? Dns { get; init; }

    public SessionInfo? Session { get; init; }

    public IReadOnlyList<AttachmentInfo> Attachments { get; init => field = value ?? []; } = [];
}

/// <param name="Mechanism">How the workstation's resolver was pointed at the daemon, for example <c>resolv.conf</c>.</param>
public sealed record DnsInfo(
    string Address, string? Mechanism, string ClusterDomain, IReadOnlyList<string> SearchDomains);

/// <param name="Id">The session's id, the same in the logs of daemon and manager.</param>
/// <param name="Transport">How the link reaches the manager: <c>pod-proxy</c>, <c>port-forward</c> or <c>tcp</c>.</param>
public sealed record SessionInfo(string Id, string Transport, double RoundTripMs, int OpenStreams, int Reconnects);

/// <summary>What the connection is attached to.</summary>
public sealed record AttachmentInfo
{
    public required string Name { get; init; }

    /// <summary>Of the Attachment object.</summary>
    public string? Uid { get; init; }

    /// <summary>The Attachment object's name, which is another one when somebody else's had this one.</summary>
    public string? ObjectName { get; init; }

    public AttachmentType Type { get; init; }

    /// <summary>As users write it: <c>deployment/web</c>; only the name until the manager has looked it up.</summary>
    public required string Workload { get; init; }

    public required string Namespace { get; init; }

    public string? Container { get; init; }

    public IReadOnlyList<AttachedPort> Ports { get; init => field = value ?? []; } = [];

    /// <summary>Which requests it takes; null: all traffic.</summary>
    public HttpMatch? Http { get; init; }

    public AttachmentPhase Phase { get; init; }

    public IReadOnlyList<AttachedPod> Pods { get; init => field = value ?? []; } = [];

    /// <summary>Where the container's files are on the workstation; null: they are not mounted.</summary>
    public string? Mount { get; init; }

    /// <summary>One word, for programs: why it is not active.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }
}

/// <summary>A condition that lasts and that the user should know of.</summary>
/// <param name="Code">Stable, kebab-case; documented in docs/errors.md.</param>
/// <param name="Connection">The connection it concerns; null: the machine.</param>
public sealed record WarningInfo(string Code, string Title, string Hint, DateTimeOffset Since, string? Connection);
