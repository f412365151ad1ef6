namespace Landline.Protocol.Api;

/// <summary>
/// The open payload of an Inbound stream, as JSON: a connection that somebody in the cluster made to an attached port.
/// From the agent to the manager, which passes it on unchanged to the attachment's workstation.
/// </summary>
public sealed record InboundOpen
{
    /// <summary>namespace/name.</summary>
    public string Attachment { get; init => field = value ?? ""; } = "";

    /// <summary>The container's port that was called.</summary>
    public int Port { get; init; }

    public PortProtocol Protocol { get; init; }

    /// <summary>The caller's.</summary>
    public string SourceAddress { get; init => field = value ?? ""; } = "";

    public int SourcePort { get; init; }

    /// <summary>Whether the stream carries whole HTTP requests that matched a filter.</summary>
    public bool Http { get; init; }

    /// <summary>A wiretap's: what the workstation answers goes nowhere.</summary>
    public bool Copy { get; init; }
}
