using System.Buffers;

namespace Landline.Protocol.Streams;

/// <summary>
/// Bytes that arrived before their reader wanted them, in pooled buffers. Its length is bounded by the stream's
/// window. Guarded by the stream's receive lock.
/// </summary>
internal sealed class ReceiveQueue
{
    // Small frames fill a buffer together, so that a peer that sends single bytes costs no more than one that does not.
    private const int SmallestBuffer = 4 * 1024;
    private const int LargestBuffer = 64 * 1024;

    private Buffer? _first;
    private Buffer? _last;
    private bool _peeked;

    public long Length { get; private set; }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            if (_last is null || _last.End == _last.Bytes.Length)
            {
                var next = new Buffer(Math.Clamp(bytes.Length, SmallestBuffer, LargestBuffer));
                if (_last is null)
                {
                    _first = next;
                }
                else
                {
                    _last.Next = next;
                }

                _last = next;
            }

            int taken = Math.Min(bytes.Length, _last.Bytes.Length - _last.End);
            bytes[..taken].CopyTo(_last.Bytes.AsSpan(_last.End));
            _last.End += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>
    /// The oldest bytes. They stay where they are until <see cref="Advance"/>, also when the queue is cleared or grows.
    /// </summary>
    public bool TryPeek(out ReadOnlyMemory<byte> bytes)
    {
        if (_first is not { } first)
        {
            bytes = default;
            return false;
        }

        _peeked = true;
        bytes = first.Bytes.AsMemory(first.Start, first.End - first.Start);
        return true;
    }

    public void Advance(int length)
    {
        _peeked = false;
        if (_first is null)
        {
            return; // Cleared meanwhile.
        }

        Length -= length;
        _first.Start += length;
        if (_first.Start == _first.End)
        {
            RemoveFirst();
        }
    }

    /// <summary>Takes up to the length of <paramref name="destination"/>; zero when empty.</summary>
    public int Read(Span<byte> destination)
    {
        int read = 0;
        while (_first is { } first && read < destination.Length)
        {
            int taken = Math.Min(first.End - first.Start, destination.Length - read);
            first.Bytes.AsSpan(first.Start, taken).CopyTo(destination[read..]);
            read += taken;
            Advance(taken);
        }

        return read;
    }

    public void Skip(int length)
    {
        while (length > 0 && _first is { } first)
        {
            int taken = Math.Min(first.End - first.Start, length);
            length -= taken;
            Advance(taken);
        }
    }

    public void Clear()
    {
        if (_peeked && _first is not null)
        {
            // Somebody still reads the first buffer: leave it to the garbage collector.
            _first = _first.Next;
            _peeked = false;
        }

        while (_first is not null)
        {
            RemoveFirst();
        }

        _last = null;
        Length = 0;
    }

    private void RemoveFirst()
    {
        Buffer removed = _first!;
        _first = removed.Next;
        if (_first is null)
        {
            _last = null;
        }

        ArrayPool<byte>.Shared.Return(removed.Bytes);
    }

    private sealed class Buffer(int size)
    {
        public byte[] Bytes { get; } = ArrayPool<byte>.Shared.Rent(size);

        public int Start { get; set; }

        public int End { get; set; }

        public Buffer? Next { get; set; }
    }
}
