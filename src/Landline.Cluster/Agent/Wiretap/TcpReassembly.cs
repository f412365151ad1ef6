using System.Buffers;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>
/// Puts one direction of an observed TCP connection in order again (RFC 9293, section 3.4): segments come out of order,
/// twice or overlapping, and what leaves is the byte stream that the receiver sees. It begins at the SYN. Sequence numbers
/// wrap around; differences of less than half their range are meant. Not thread-safe.
/// </summary>
/// <param name="initialSequence">The SYN's own sequence number; the first byte has the next one.</param>
internal sealed class TcpReassembly(uint initialSequence) : IDisposable
{
    /// <summary>What is kept beyond a gap. A gap is filled within a round trip or the kernel's copy was lost.</summary>
    public const int LargestGapBytes = 1024 * 1024;

    // Segments beyond a gap, in the order of their sequence numbers. Their buffers are rented.
    private readonly List<(uint Sequence, byte[] Bytes, int Length)> _waiting = [];
    private uint _next = initialSequence + 1;
    private uint? _finish;
    private int _waitingBytes;

    /// <summary>What is kept beyond a gap now.</summary>
    public int WaitingBytes => _waitingBytes;

    /// <param name="sequence">Of the segment's first byte, or of its FIN when it has no bytes.</param>
    /// <param name="deliver">Takes bytes in order; they are valid only during the call.</param>
    public FlowEnd Add(uint sequence, ReadOnlySpan<byte> payload, bool fin, bool reset, Action<ReadOnlySpan<byte>> deliver)
    {
        if (reset)
        {
            return FlowEnd.Reset;
        }

        if (fin)
        {
            _finish = sequence + (uint)payload.Length;
        }

        if (Distance(sequence) > 0)
        {
            if (payload.IsEmpty)
            {
                return FlowEnd.Open;
            }

            if (_waitingBytes + payload.Length > LargestGapBytes)
            {
                return FlowEnd.Lost;
            }

            Keep(sequence, payload);
            return FlowEnd.Open;
        }

        DeliverNew(sequence, payload, deliver);
        DeliverWaiting(deliver);
        return _finish == _next ? FlowEnd.Finished : FlowEnd.Open;
    }

    public void Dispose()
    {
        foreach ((_, byte[] bytes, _) in _waiting)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        _waiting.Clear();
        _waitingBytes = 0;
    }

    private int Distance(uint sequence) => (int)(sequence - _next);

    private void DeliverNew(uint sequence, ReadOnlySpan<byte> payload, Action<ReadOnlySpan<byte>> deliver)
    {
        // Half the range back has no counterpart forward.
        long known = -(long)Distance(sequence);
        if (known < payload.Length)
        {
            deliver(payload[(int)known..]);
            _next += (uint)(payload.Length - known);
        }
    }

    private void DeliverWaiting(Action<ReadOnlySpan<byte>> deliver)
    {
        while (_waiting.Count > 0 && Distance(_waiting[0].Sequence) <= 0)
        {
            (uint sequence, byte[] bytes, int length) = _waiting[0];
            _waiting.RemoveAt(0);
            _waitingBytes -= length;
            DeliverNew(sequence, bytes.AsSpan(0, length), deliver);
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Keep(uint sequence, ReadOnlySpan<byte> payload)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(bytes);
        int place = _waiting.Count;
        while (place > 0 && (int)(_waiting[place - 1].Sequence - sequence) > 0)
        {
            place--;
        }

        _waiting.Insert(place, (sequence, bytes, payload.Length));
        _waitingBytes += payload.Length;
    }
}
