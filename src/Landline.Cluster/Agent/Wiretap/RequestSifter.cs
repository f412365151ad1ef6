using Landline.Cluster.Agent.Http;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Agent.Http.Http1;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>
/// Takes the HTTP/1 requests that match a filter out of what a client sends, unchanged. Where it is not certain what a
/// byte belongs to (TLS, HTTP/2, an upgraded connection), nothing that follows is taken. Not thread-safe.
/// </summary>
/// <param name="begin">A request that matches begins; its bytes follow.</param>
/// <param name="take">Bytes of it, valid only during the call.</param>
internal sealed class RequestSifter(HttpFilter filter, Action begin, Action<ReadOnlySpan<byte>> take) : IDisposable
{
    private readonly ReadBuffer _input = new();
    private readonly RequestHead _head = new();
    private readonly ChunkScanner _chunks = new();
    private long _remaining;
    private bool _isChunked;
    private bool _matches;

    /// <summary>Nothing more is taken from this connection.</summary>
    public bool IsBlind { get; private set; }

    /// <summary>No request was found in it, as in one of TLS or HTTP/2.</summary>
    public bool FoundNone { get; private set; } = true;

    private bool IsInBody => _isChunked || _remaining > 0;

    /// <param name="bytes">In order, as the client sent them.</param>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && !IsBlind)
        {
            // The buffer holds the beginning of a head, or nothing.
            if (IsInBody)
            {
                bytes = bytes[PassBody(bytes)..];
                continue;
            }

            Span<byte> room = _input.Prepare().Span;
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            _input.Commit(count);
            bytes = bytes[count..];
            Read();
        }
    }

    public void Dispose() => _input.Dispose();

    private void Read()
    {
        while (_input.Length > 0 && !IsBlind)
        {
            if (IsInBody)
            {
                _input.Consume(PassBody(_input.Unread));
                continue;
            }

            HeadStatus status = _head.Parse(_input.Unread);
            if (status == HeadStatus.Incomplete && !_input.IsFull)
            {
                return;
            }

            IsBlind = status != HeadStatus.Complete;
            if (!IsBlind)
            {
                BeginRequest();
            }
        }
    }

    private void BeginRequest()
    {
        FoundNone = false;
        _matches = filter.Matches(_head.View(_input.Unread));
        if (_matches)
        {
            begin();
            take(_input.Unread[.._head.Length]);
        }

        _isChunked = _head.IsChunked;
        _remaining = Math.Max(_head.ContentLength, 0);
        _chunks.Reset();
        _input.Consume(_head.Length);
    }

    private int PassBody(ReadOnlySpan<byte> bytes)
    {
        int count;
        if (_isChunked)
        {
            count = _chunks.Scan(bytes);
            _isChunked = !_chunks.IsComplete;
            IsBlind = _chunks.IsInvalid;
        }
        else
        {
            count = (int)Math.Min(_remaining, bytes.Length);
            _remaining -= count;
        }

        if (_matches)
        {
            take(bytes[..count]);
        }

        return count;
    }
}
