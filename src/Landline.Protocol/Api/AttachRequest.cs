namespace Landline.Protocol.Api;

/// <summary>
/// What <c>landline intercept</c> and its sisters ask of a daemon: what the cluster is to do (the spec of the Attachment
/// object, but for the Connection, which the daemon knows) and what the workstation does. Specified in
/// docs/protocol/daemon-api.md.
/// </summary>
public sealed record AttachRequest
{
    /// <summary>Of the Attachment object, in the connection's namespace.</summary>
    public required string Name { get; init; }

    public AttachmentSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>Where the handler listens: an address or a name of the workstation; null: 127.0.0.1.</summary>
    public string? Address { get; init; }

    /// <summary>Ports of 127.0.0.1 on the workstation that lead to the same ports of the pod.</summary>
    public IReadOnlyList<ToPodPort> ToPod { get; init => field = value ?? []; } = [];

    /// <summary>Null: the container's files are not mounted.</summary>
    public MountRequest? Mount { get; init; }

    /// <summary>The attachment lasts as long as this request does: the answer goes on, and closing it detaches.</summary>
    public bool Hold { get; init; }
}

/// <summary>A port of the pod that the workstation gets on its own loopback address.</summary>
public sealed record ToPodPort(int Port, PortProtocol Protocol);

/// <summary>Where the container's file system appears on the workstation.</summary>
public sealed record MountRequest
{
    /// <summary>An empty folder or one that can be made; null: one under the daemon's runtime directory.</summary>
    public string? Path { get; init; }

    /// <summary>Ingest and wiretap are read-only in any case.</summary>
    public bool ReadOnly { get; init; }
}
