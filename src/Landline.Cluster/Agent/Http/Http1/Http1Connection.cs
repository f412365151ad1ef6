using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>
/// One client connection that speaks HTTP/1 (or something else, which then goes to the original as bytes). One loop
/// reads the client: it finds each request's head, decides where the request goes, and sends head and body there as
/// they were received. While a response is under way the loop reads on, so that the client's end reaches the upstream;
/// a pipelined request waits for its turn.
/// </summary>
internal sealed partial class Http1Connection(
    Stream client, ReadBuffer input, RouterTargets targets, CancellationToken cancellationToken) : IAsyncDisposable
{
    private readonly RequestHead _head = new();
    private readonly ChunkScanner _chunks = new();
    private readonly Http1Exchange _exchange = new();
    private long _remaining;
    private bool _clientEnded;

    /// <summary>A record's kind and the version's first byte (RFC 8446, 5.1).</summary>
    private static ReadOnlySpan<byte> TlsHandshake => [22, 3];

    public Stream Client { get; } = client;

    /// <summary>The original spoke first.</summary>
    public bool IsTunnel => _exchange.Tunnel is not null;

    /// <summary>Until the client's connection is done with; what the buffer holds already counts as received.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await ReadHeadAsync() is var status && status != HeadStatus.Incomplete)
            {
                await _exchange.WaitAsync();
                if (_exchange.Tunnel is not null || status == HeadStatus.NotUnderstood)
                {
                    await TunnelAsync(_exchange.Tunnel);
                    return;
                }

                if (!await ForwardAsync())
                {
                    break;
                }
            }

            await FinishAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Abort();
        }
    }

    /// <summary>Incomplete: the client has ended, or nothing more is to be read from it.</summary>
    private async ValueTask<HeadStatus> ReadHeadAsync()
    {
        while (true)
        {
            if (_exchange.IsClosing)
            {
                return HeadStatus.Incomplete;
            }

            if (_exchange.Tunnel is not null || input.Length > 0)
            {
                HeadStatus status = _exchange.Tunnel is not null ? HeadStatus.NotUnderstood : _head.Parse(input.Unread);
                if (status != HeadStatus.Incomplete || input.IsFull)
                {
                    return status == HeadStatus.Complete ? status : HeadStatus.NotUnderstood;
                }
            }

            int received = await Client.ReadAsync(input.Prepare(), CancellationToken.None);
            input.Commit(received);
            if (received == 0)
            {
                _clientEnded = true;
                return _exchange.Tunnel is null ? HeadStatus.Incomplete : HeadStatus.NotUnderstood;
            }
        }
    }

    /// <returns>False when the connection cannot go on after this request.</returns>
    private async ValueTask<bool> ForwardAsync()
    {
        DropDetached();
        bool isH2cUpgrade = _head.HasUpgrade && HeadEdits.IsH2cUpgrade(_head.Fields, input.Unread);
        FilteredAttachment? attachment = targets.Filters.Find(_head.View(input.Unread));
        BeginObserving(attachment);
        Http1Upstream? upstream = attachment is null
            ? _original is { IsDead: false } ? _original : await OriginalAsync()
            : await WorkstationOrOriginalAsync(attachment);
        var expected = new ExpectedAnswer(_head.IsHead, _head.IsConnect, _head.HasUpgrade && !isH2cUpgrade, _head.EndsConnection);
        while (upstream is not null && !_exchange.TryBegin(upstream, expected, ReplayOn(upstream)))
        {
            // It has ended before it got the request: a handler behind a proxy that accepts for it, or an idle timeout.
            if (EndsWithClient(upstream))
            {
                return false;
            }

            upstream = await AnotherUpstreamAsync(upstream);
        }

        if (upstream is null)
        {
            await RefuseAsync(attachment!);
            return false;
        }

        _remaining = _head.ContentLength;
        _chunks.Reset();
        bool sent = await SendHeadAsync(upstream, isH2cUpgrade) && await SendBodyAsync(upstream);
        if ((_head.HasUpgrade && !isH2cUpgrade) || _head.IsConnect)
        {
            // What the client sends next is HTTP or not, depending on the answer.
            await _exchange.WaitAsync();
        }

        // A request without a body may still be answered by another upstream: the failed one's loop sees to it.
        return sent || !_head.HasBody;
    }

    /// <summary>The head of a request that the original may answer although a workstation has got it; else nothing.</summary>
    private ReadOnlySpan<byte> ReplayOn(Http1Upstream upstream) =>
        upstream.Attachment is not null && !_head.HasBody && _head.IsIdempotent && !_head.HasUpgrade ? input.Unread[.._head.Length] : default;

    private async ValueTask<bool> SendHeadAsync(Http1Upstream upstream, bool isH2cUpgrade)
    {
        int head = _head.Length;
        string? source = SourceFor(upstream);
        if (source is null && !isH2cUpgrade)
        {
            int length = head + CountBody(input.Unread[head..]);
            bool sent = await upstream.TrySendAsync(input.UnreadMemory[..length]);
            input.Consume(length);
            return sent;
        }

        byte[] edited = HeadEdits.Apply(input.Unread[..head], isH2cUpgrade ? _head.Fields : default, source);
        input.Consume(head);
        return await upstream.TrySendAsync(edited);
    }

    /// <summary>What is left of the body, as it comes.</summary>
    private async ValueTask<bool> SendBodyAsync(Http1Upstream upstream)
    {
        while (_head.IsChunked ? !_chunks.IsComplete : _remaining > 0)
        {
            if (input.Length == 0)
            {
                int received = await Client.ReadAsync(input.Prepare(), CancellationToken.None);
                if (received == 0)
                {
                    _clientEnded = true;
                    return false;
                }

                input.Commit(received);
            }

            int count = CountBody(input.Unread);
            if (_chunks.IsInvalid)
            {
                return await BreakOffAsync(upstream);
            }

            if (!await upstream.TrySendAsync(input.UnreadMemory[..count]))
            {
                return false;
            }

            input.Consume(count);
        }

        return !_chunks.IsInvalid || await BreakOffAsync(upstream);
    }

    private int CountBody(ReadOnlySpan<byte> bytes)
    {
        if (_head.IsChunked)
        {
            return _chunks.Scan(bytes);
        }

        int count = (int)Math.Clamp(_remaining, 0, bytes.Length);
        _remaining -= count;
        return count;
    }

    /// <summary>
    /// The client's chunks are wrong. The original gets them as they are and answers as it would; a workstation gets
    /// nothing that could be taken for another request.
    /// </summary>
    private async ValueTask<bool> BreakOffAsync(Http1Upstream upstream)
    {
        if (upstream.Attachment is not null)
        {
            Abort();
            return false;
        }

        upstream.ExpectBytes();
        _exchange.TryBeginTunnel(upstream, unasked: false);
        return await upstream.TrySendAsync(input.UnreadMemory) && Consumed();
    }

    private bool Consumed()
    {
        input.Consume(input.Length);
        return true;
    }

    private async ValueTask TunnelAsync(Http1Upstream? upstream)
    {
        if (upstream is null)
        {
            if (!_exchange.HasBegun && input.Unread.StartsWith(TlsHandshake))
            {
                targets.OnUnreadable?.Invoke();
            }

            upstream = await OriginalAsync();
            upstream.ExpectBytes();
            _exchange.TryBeginTunnel(upstream, unasked: false);
        }

        while (true)
        {
            if (input.Length > 0)
            {
                if (!await upstream.TrySendAsync(input.UnreadMemory))
                {
                    Abort();
                    return;
                }

                input.Consume(input.Length);
            }

            int received = _clientEnded ? 0 : await Client.ReadAsync(input.Prepare(), CancellationToken.None);
            if (received == 0)
            {
                break;
            }

            input.Commit(received);
        }

        targets.EndWriting(upstream.Stream);
        await upstream.Completion;
    }

    /// <summary>The client ended, or no request is to follow: the response under way is completed.</summary>
    private async ValueTask FinishAsync()
    {
        if (_clientEnded && _exchange.EndClient() is { } upstream)
        {
            targets.EndWriting(upstream.Stream);
        }

        await _exchange.WaitAsync();
        if (_clientEnded)
        {
            return;
        }

        // Closing a socket with unread bytes resets the connection, and a reset can destroy a response that the client
        // has not read: what it still sends is dropped until it ends or the time that CloseClient sets is over.
        CloseClient();
        do
        {
            input.Consume(input.Length);
        }
        while (await Client.ReadAsync(input.Prepare(), CancellationToken.None) > 0);
    }
}
