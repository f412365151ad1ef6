namespace Landline.Protocol.Api;

/// <summary>
/// What <c>landline connect</c> asks of a daemon, with everything resolved that the command line left to defaults, so
/// that two requests can be compared. Specified in docs/protocol/daemon-api.md.
/// </summary>
public sealed record ConnectRequest
{
    public required string Name { get; init; }

    /// <summary>One path or several, colon-separated, as in the variable KUBECONFIG; null: the usual rules.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The context's name; null only for a configuration without contexts (inside a cluster).</summary>
    public string? Context { get; init; }

    public required string Namespace { get; init; }

    /// <summary>The user to act as (<c>--as</c>).</summary>
    public string? ActAs { get; init; }

    /// <summary>Addresses, subnets and host names, each with an optional port, as the user wrote them.</summary>
    public IReadOnlyList<string> AlsoProxy { get; init => field = value ?? []; } = [];

    /// <summary>Subnets in CIDR notation.</summary>
    public IReadOnlyList<string> NeverProxy { get; init => field = value ?? []; } = [];

    /// <summary>The namespaces whose names resolve; empty: all.</summary>
    public IReadOnlyList<string> MappedNamespaces { get; init => field = value ?? []; } = [];

    public string ManagerNamespace { get; init => field = value ?? "landline"; } = "landline";

    /// <summary><c>host:port</c> of the manager for a direct TCP link; null: a port-forward through the API server.</summary>
    public string? ManagerAddress { get; init; }

    /// <summary>How long the manager keeps the session of a workstation that is away.</summary>
    public int GracePeriodSeconds { get; init => field = value > 0 ? value : ConnectionSpec.UsualGraceSeconds; } = ConnectionSpec.UsualGraceSeconds;

    /// <summary>Whether both ask for the same connection; the order of lists does not matter.</summary>
    public bool AsksForTheSameAs(ConnectRequest other) =>
        this with { AlsoProxy = [], NeverProxy = [], MappedNamespaces = [] }
            == other with { AlsoProxy = [], NeverProxy = [], MappedNamespaces = [] }
        && SameItems(AlsoProxy, other.AlsoProxy)
        && SameItems(NeverProxy, other.NeverProxy)
        && SameItems(MappedNamespaces, other.MappedNamespaces);

    private static bool SameItems(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        one.ToHashSet(StringComparer.Ordinal).SetEquals(other);
}
