using System.Text;
using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>
/// How exchanges and the connection end. The client sees of the original exactly what the original does: an orderly end
/// as one, a reset as a reset. A workstation's failure becomes another upstream's answer where the request can be sent
/// again, otherwise status 502 when no part of a response was sent, otherwise a response that is cut off.
/// </summary>
internal sealed partial class Http1Connection
{
    /// <summary>For a client that still sends after the last response: time for it to read that response.</summary>
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(2);

    /// <summary>For a handler to end its side of an idle connection whose other side has ended.</summary>
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(2);

    private ITimer? _drain;
    private (string Method, string Path, string? Attachment)? _observed;
    private bool _observedFellBack;
    private volatile bool _handedOver;

    public void EndExchange(bool close)
    {
        if (close)
        {
            CloseClient();
        }

        _exchange.End(close);
    }

    public void EndWritingToClient() => targets.EndWriting(Client);

    /// <summary>An upstream closed while it had nothing to answer.</summary>
    public void EndIdleUpstream(Http1Upstream upstream)
    {
        upstream.Dispose();

        if (!_handedOver && EndsWithClient(upstream))
        {
            EndExchange(close: true);
        }
    }

    /// <summary>Without an agent the client would see this upstream's idle timeout.</summary>
    private bool EndsWithClient(Http1Upstream upstream) =>
        upstream.Attachment is null && (_exchange.Upstream is null || _exchange.Upstream == upstream);

    /// <summary>An upstream ended while it had to answer. Called by its loop, which ends after this.</summary>
    public async ValueTask FailExchangeAsync(Http1Upstream upstream, bool orderly)
    {
        if (upstream.Attachment is null || _exchange.ResponseStarted)
        {
            if (orderly)
            {
                EndExchange(close: true);
            }
            else
            {
                Abort();
            }

            return;
        }

        try
        {
            if (_exchange.CopyReplay() is { } head && await TrySwitchAsync(upstream, head))
            {
                return;
            }

            await AnswerAsync(502, "Bad Gateway", $"The handler of attachment {upstream.Attachment.Id} ended the connection.");
            EndExchange(close: true);
        }
        catch (Exception e) when (IsUnreachable(e))
        {
            Abort();
        }
    }

    /// <summary>Ends the client's connection and all others at once. Any thread.</summary>
    public void Abort()
    {
        StreamEnds.Abort(Client);
        foreach (Http1Upstream upstream in EndAll())
        {
            StreamEnds.Abort(upstream.Stream);
        }

        _exchange.End(close: true);
    }

    public void Observe(int status)
    {
        if (_observed is { } observed)
        {
            targets.Observer!(new RoutedRequest(observed.Method, observed.Path, observed.Attachment, status, _observedFellBack));
        }
    }

    /// <summary>Nothing more is written to the client; what it still sends is read for a while and dropped.</summary>
    private void CloseClient()
    {
        targets.EndWriting(Client);
        lock (_lock)
        {
            _drain ??= targets.Time.CreateTimer(
                static connection => ((Http1Connection)connection!).Abort(), this, LongestDrain, Timeout.InfiniteTimeSpan);
        }
    }

    private void BeginObserving(FilteredAttachment? attachment)
    {
        if (targets.Observer is not null)
        {
            RequestViewText(out string method, out string path);
            _observed = (method, path, attachment?.Id);
            _observedFellBack = false;
        }
    }

    private void RequestViewText(out string method, out string path)
    {
        RequestView view = _head.View(input.Unread);
        method = Encoding.ASCII.GetString(view.Method);
        path = Encoding.UTF8.GetString(view.Path);
    }

    private string? SourceFor(Http1Upstream upstream) =>
        upstream.Attachment is { ForwardSourceAddress: true } ? targets.SourceAddress?.ToString() : null;

    /// <summary>The request that an upstream has failed to answer goes to another one.</summary>
    private async ValueTask<bool> TrySwitchAsync(Http1Upstream failed, byte[] head)
    {
        Http1Upstream? other = failed;
        bool clientEnded;
        do
        {
            other = await AnotherUpstreamAsync(other);
            if (other is null)
            {
                return false;
            }
        }
        while (!_exchange.TrySwitch(other, failed.Expected, out clientEnded));

        await other.TrySendAsync(SourceFor(other) is { } source ? HeadEdits.Apply(head, default, source) : head);
        if (clientEnded)
        {
            targets.EndWriting(other.Stream);
        }

        return true;
    }

    /// <summary>
    /// For a connection that may have been closed for idleness a new one, for a workstation's that answered nothing the
    /// original. So a request tries few of them, whatever their peers do.
    /// </summary>
    /// <returns>Null when the attachment does not want the original to stand in.</returns>
    private async ValueTask<Http1Upstream?> AnotherUpstreamAsync(Http1Upstream failed)
    {
        if (failed.Attachment is not { } attachment)
        {
            return failed.HasAnswered ? await OriginalAsync() : throw new IOException("The original container closes its connections.");
        }

        return (failed.HasAnswered ? await TryDialWorkstationAsync(attachment) : null) ?? await OriginalInsteadAsync(attachment);
    }

    private async ValueTask RefuseAsync(FilteredAttachment attachment)
    {
        await AnswerAsync(503, "Service Unavailable", $"Nothing answers for attachment {attachment.Id}.");
        EndExchange(close: true);
    }

    private async ValueTask AnswerAsync(int status, string reason, string sentence)
    {
        Observe(status);
        string answer = $"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain\r\nContent-Length: {sentence.Length + 1}\r\n"
            + $"Connection: close\r\n\r\n{sentence}\n";
        await Client.WriteAsync(Encoding.ASCII.GetBytes(answer), CancellationToken.None);
    }
}
