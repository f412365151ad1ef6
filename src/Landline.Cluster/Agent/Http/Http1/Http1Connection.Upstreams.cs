using System.Net.Sockets;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Protocol.Api;

namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>The upstreams of one client connection: one to the original and one for each attachment that was needed.</summary>
internal sealed partial class Http1Connection
{
    private readonly Lock _lock = new();
    private readonly List<Http1Upstream> _all = [];
    private readonly List<Http1Upstream> _workstations = [];
    private volatile Http1Upstream? _original;
    private Task<Http1Upstream>? _originalDial;
    private IReadOnlyList<FilteredAttachment> _entries = targets.Filters.Entries;
    private Task _early = Task.CompletedTask;
    private bool _aborted;

    /// <summary>
    /// The client has been silent for a while: perhaps the original is to speak first. When it cannot be reached, the
    /// client sees that as it would without an agent, unless an attachment may still answer.
    /// </summary>
    public void LetOriginalSpeakFirst() => _early = ConnectEarlyAsync();

    /// <summary>The client speaks HTTP/2: a connection that was made early is given up, and the client is somebody else's.</summary>
    public async ValueTask HandOverAsync()
    {
        _handedOver = true;
        await _early;
        foreach (Http1Upstream upstream in EndAll())
        {
            upstream.Dispose();
            await upstream.Completion;
        }
    }

    /// <summary>
    /// Ends every upstream in order and waits for its loop. Disposing of a session's stream is a reset to the handler
    /// unless the handler, told of the end, has ended its direction as well.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Http1Upstream[] all = EndAll();
        await FarewellAsync([.. all.Where(static upstream => upstream is { IsDead: false, Stream: WorkstationStream })]);
        foreach (Http1Upstream upstream in all)
        {
            upstream.Dispose();
        }

        await Client.DisposeAsync();
        await _early;
        await Task.WhenAll(all.Select(upstream => upstream.Completion));
        if (_drain is not null)
        {
            await _drain.DisposeAsync();
        }
    }

    private async ValueTask FarewellAsync(Http1Upstream[] upstreams)
    {
        if (upstreams.Length == 0)
        {
            return;
        }

        // The client has been answered; it need not wait for this.
        await Client.DisposeAsync();
        foreach (Http1Upstream upstream in upstreams)
        {
            targets.EndWriting(upstream.Stream);
        }

        await Task.WhenAll(upstreams.Select(static upstream => upstream.Completion))
            .WaitAsync(LongestFarewell, targets.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ConnectEarlyAsync()
    {
        try
        {
            await OriginalAsync();
        }
        catch (Exception e) when (IsUnreachable(e))
        {
            if (!_handedOver && targets.Filters.Entries.Count == 0)
            {
                Abort();
            }
        }
    }

    /// <summary>What is added from now on is reset at once.</summary>
    private Http1Upstream[] EndAll()
    {
        lock (_lock)
        {
            _aborted = true;
            return [.. _all];
        }
    }

    private static bool IsUnreachable(Exception e) =>
        e is IOException or SocketException or TimeoutException or OperationCanceledException or ObjectDisposedException;

    private Task<Http1Upstream> OriginalAsync()
    {
        lock (_lock)
        {
            if (_originalDial is null or { IsFaulted: true } or { IsCanceled: true } || _original is { IsDead: true })
            {
                _original = null;
                _originalDial = DialOriginalAsync();
            }

            return _originalDial;
        }
    }

    private async Task<Http1Upstream> DialOriginalAsync()
    {
        try
        {
            Http1Upstream original = Add(await targets.DialOriginal(cancellationToken), attachment: null);
            _original = original;
            original.Start();
            return original;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or TimeoutException)
        {
            throw new IOException("The original container cannot be reached.", e);
        }
    }

    /// <summary>Null when there is no handler and the attachment does not want the original to stand in.</summary>
    private async ValueTask<Http1Upstream?> WorkstationOrOriginalAsync(FilteredAttachment attachment) =>
        Connected(attachment) ?? await TryDialWorkstationAsync(attachment) ?? await OriginalInsteadAsync(attachment);

    private async ValueTask<Http1Upstream?> OriginalInsteadAsync(FilteredAttachment attachment)
    {
        if (attachment.WhenUnavailable == WhenUnavailable.Refuse)
        {
            return null;
        }

        _observedFellBack = true;
        return await OriginalAsync();
    }

    private Http1Upstream? Connected(FilteredAttachment attachment)
    {
        lock (_lock)
        {
            return _workstations.Find(upstream => !upstream.IsDead && upstream.Attachment == attachment);
        }
    }

    private async ValueTask<Http1Upstream?> TryDialWorkstationAsync(FilteredAttachment attachment)
    {
        try
        {
            Http1Upstream upstream = Add(await targets.DialWorkstation(attachment.Id, cancellationToken), attachment);
            upstream.Start();
            return upstream;
        }
        catch (Exception e) when (IsUnreachable(e))
        {
            return null;
        }
    }

    private Http1Upstream Add(Stream stream, FilteredAttachment? attachment)
    {
        var upstream = new Http1Upstream(this, _exchange, stream, attachment);
        lock (_lock)
        {
            _all.RemoveAll(other => other.IsDead);
            _workstations.RemoveAll(other => other.IsDead);
            _all.Add(upstream);
            if (attachment is not null)
            {
                _workstations.Add(upstream);
            }

            if (!_aborted)
            {
                return upstream;
            }
        }

        StreamEnds.Abort(stream);
        return upstream;
    }

    /// <summary>
    /// After the table has changed: no connection is kept to the handlers of attachments that are gone. One that is
    /// being disposed of stays alive until its loop has seen it, but nobody finds it any more.
    /// </summary>
    private void DropDetached()
    {
        IReadOnlyList<FilteredAttachment> entries = targets.Filters.Entries;
        if (ReferenceEquals(entries, _entries))
        {
            return;
        }

        _entries = entries;
        Http1Upstream[] detached;
        lock (_lock)
        {
            detached = [.. _workstations.Where(upstream => !entries.Contains(upstream.Attachment!))];
            _workstations.RemoveAll(detached.Contains);
        }

        foreach (Http1Upstream upstream in detached)
        {
            upstream.Dispose();
        }
    }
}
