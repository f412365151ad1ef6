using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>
/// The original or an attachment's workstation as seen from one client connection: at most one HTTP/2 connection at a
/// time, and the exchanges that wait for it or for a free stream on it. Guarded by the connection's lock.
/// </summary>
internal sealed class Http2Upstream(FilteredAttachment? attachment)
{
    /// <summary>Null: the original.</summary>
    public FilteredAttachment? Attachment { get; } = attachment;

    /// <summary>Null: not connected, or no longer good for new streams.</summary>
    public Http2Peer? Peer { get; set; }

    public bool IsDialing { get; set; }

    /// <summary>The attachment is gone, or another one of its name has come: only what was begun is finished.</summary>
    public bool IsDetached { get; set; }

    /// <summary>At most as many as the client may have streams.</summary>
    public List<Http2Exchange> Waiting { get; } = [];

    /// <summary>
    /// A connection that has failed takes nothing, although it is still the peer until its reading loop has learnt it:
    /// what waits meanwhile goes to the next one.
    /// </summary>
    public bool HasRoom => Peer is { HasFailed: false } peer && peer.Exchanges.Count < peer.MaxStreams;
}
