namespace Landline.Protocol.Api;

/// <summary>
/// What <c>landline connect</c> asks of a daemon, with everything resolved that the command line left to defaults, so
/// that two requests can be compared. Specified in docs/protocol/daemon-api.md.
/// </summary>
public sealed record ConnectRequest
{
    public required string Name { get; init; }

    /// <summary>One path or several, colon-separated: the variable KUBECONFIG, which may name files that are not there. Null: the usual rules.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The only file that is read, and that must be there (<c>--kubeconfig</c>); null: those of <see cref="Kubeconfig"/>.</summary>
    public string? KubeconfigFile { get; init; }

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

    /// <summary><c>host:port</c> of the manager for a direct TCP link; null: through the API server.</summary>
    public string? ManagerAddress { get; init; }

    /// <summary>How long the manager keeps the session of a workstation that is away.</summary>
    public int GracePeriodSeconds { get; init => field = value > 0 ? value : ConnectionSpec.UsualGraceSeconds; } = ConnectionSpec.UsualGraceSeconds;

    /// <summary>
    /// The connection is needed as long as the request lasts: the answer goes on after <see cref="ConnectedEvent"/>, and
    /// closing it disconnects, unless another request holds the connection too or one asked for it without holding it.
    /// </summary>
    public bool Hold { get; init; }

    /// <summary>Whether both ask for the same connection; the order of lists does not matter.</summary>
    public bool AsksForTheSameAs(ConnectRequest other) =>
        WithoutSpelling() == other.WithoutSpelling()
        && SameItems(AlsoProxy, other.AlsoProxy)
        && SameItems(NeverProxy, other.NeverProxy)
        && SameItems(MappedNamespaces, other.MappedNamespaces);

    // Without what is compared by itself, the two ways of naming a kubeconfig, and for how long.
    private ConnectRequest WithoutSpelling() => this with
    {
        AlsoProxy = [], NeverProxy = [], MappedNamespaces = [], Kubeconfig = KubeconfigFile ?? Kubeconfig, KubeconfigFile = null, Hold = false,
    };

    private static bool SameItems(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        one.ToHashSet(StringComparer.Ordinal).SetEquals(other);
}
