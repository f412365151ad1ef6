namespace Landline.Protocol.Sessions;

/// <summary>
/// The counted frames of one direction from the first unacknowledged byte on, in blocks. Guarded by the session's gate.
/// <code>
/// Acknowledged ≤ Sent ≤ Written      all three are positions in the session, always at the end of a frame
/// |-- kept for a resume --|-- unsent --|
/// </code>
/// </summary>
internal sealed class FrameLog
{
    // A stream gets less than a full chunk rather than a new block while at least this much is left in the old one.
    private const int WorthKeeping = 16 * 1024;

    private LogBlock? _first;
    private LogBlock? _last;

    // Where the next byte for the link is; null when everything has been sent and the next byte begins a new block.
    private LogBlock? _cursor;
    private int _reserved;

    public long Acknowledged { get; private set; }

    public long Sent { get; private set; }

    public long Written { get; private set; }

    public long Unsent => Written - Sent;

    public int Blocks { get; private set; }

    /// <summary>
    /// Room for one frame of <paramref name="upTo"/> bytes, or fewer when the block has less left, but never fewer
    /// than <paramref name="atLeast"/>. <see cref="Commit"/> keeps what was written there; without it nothing happened.
    /// </summary>
    public Span<byte> Reserve(int atLeast, int upTo)
    {
        int left = _last is null ? 0 : _last.Bytes.Length - _last.Length;
        if (left < atLeast || left < Math.Min(upTo, WorthKeeping))
        {
            var block = LogBlock.Rent(Written);
            if (_last is null)
            {
                _first = block;
            }
            else
            {
                _last.Next = block;
            }

            _last = block;
            Blocks++;
            left = block.Bytes.Length;
        }

        _reserved = Math.Min(left, upTo);
        return _last!.Bytes.AsSpan(_last.Length, _reserved);
    }

    public void Commit(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _reserved);
        _reserved = 0;
        _last!.Length += length;
        Written += length;
    }

    /// <summary>The next bytes for the link, pinned until the caller calls <see cref="LogBlock.Unpin"/>.</summary>
    public bool TryTake(out ReadOnlyMemory<byte> bytes, out LogBlock? block)
    {
        bytes = default;
        block = null;
        if (Unsent == 0)
        {
            return false;
        }

        block = _cursor ?? _first!;
        while (block.End <= Sent)
        {
            block = block.Next!;
        }

        _cursor = block;
        int offset = (int)(Sent - block.Start);
        bytes = block.Bytes.AsMemory(offset, block.Length - offset);
        block.Pins++;
        Sent = block.End;
        return true;
    }

    /// <summary>False = the peer acknowledges what it was never sent, or takes back what it had acknowledged.</summary>
    public bool TryAcknowledge(long position)
    {
        if (position < Acknowledged || position > Sent)
        {
            return false;
        }

        Acknowledged = position;
        while (_first is { } block && block != _last && block.End <= position)
        {
            _first = block.Next;
            Drop(block);
        }

        // Everything is acknowledged: begin the block again instead of walking through memory.
        if (_last is { Pins: 0, Length: > 0 } last && position == Written)
        {
            last.Start = Written;
            last.Length = 0;
        }

        return true;
    }

    /// <summary>A new link begins: the peer has everything before <paramref name="position"/> and nothing after it.</summary>
    public bool TryResume(long position)
    {
        if (position < Acknowledged || position > Written)
        {
            return false;
        }

        // A peer may have received what was taken for a link that broke before the take was over.
        Sent = Math.Max(Sent, position);
        bool acknowledged = TryAcknowledge(position);
        Sent = position;
        _cursor = null;
        return acknowledged;
    }

    /// <summary>The session is over: nothing will be replayed.</summary>
    public void Clear()
    {
        for (LogBlock? block = _first; block is not null;)
        {
            LogBlock? next = block.Next;
            Drop(block);
            block = next;
        }

        _first = _last = null;
        Acknowledged = Sent = Written;
    }

    private void Drop(LogBlock block)
    {
        if (_cursor == block)
        {
            _cursor = null;
        }

        Blocks--;
        block.Release();
    }
}
