using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http.Http2;

/// <summary>One request of an HTTP/2 client and its response. Guarded by the connection's lock.</summary>
internal sealed class Http2Exchange(
    Http2Peer client, int stream, FilteredAttachment? attachment, byte[] head, Http2Backlog backlog)
{
    public int ClientStream { get; } = stream;

    /// <summary>The one whose filter matched; null: none did.</summary>
    public FilteredAttachment? Attachment { get; } = attachment;

    /// <summary>The request's header block, good for any connection. Kept until the response begins, in case another upstream must answer.</summary>
    public byte[] Head { get; } = head;

    public Http2Flow Request { get; } = new(client, backlog) { FromStream = stream };

    /// <summary>Null until there is an upstream.</summary>
    public Http2Flow? Response { get; private set; }

    public Http2Upstream? Upstream { get; set; }

    /// <summary>The request is a head alone and may be sent twice (RFC 9110, 9.2.2).</summary>
    public bool MayReplay { get; init; }

    public bool HasNoBody { get; init; }

    public bool ResponseStarted { get; set; }

    public bool FellBack { get; set; }

    /// <summary>The workstation's connection failed once; the next failure is answered by the original.</summary>
    public bool WasReplayed { get; set; }

    /// <summary>What the upstream ended the stream with after its whole response; passed on when that is delivered.</summary>
    public Http2Error? ResetAfterResponse { get; set; }

    /// <summary>What the client allowed for the response before there was an upstream to send one.</summary>
    public int EarlyCredit { get; set; }

    /// <summary>For the observer; null when there is none.</summary>
    public (string Method, string Path)? Observed { get; init; }

    public void Connect(Http2Peer upstream, int stream)
    {
        Request.Connect(upstream, stream);

        // A first upstream that failed sent nothing: all that the client allowed still holds.
        int? allowed = Response?.SendWindow;
        Response = new Http2Flow(upstream, backlog) { FromStream = stream };
        Response.Connect(client, ClientStream);
        Response.SendWindow = allowed ?? Response.SendWindow + EarlyCredit;
    }
}
