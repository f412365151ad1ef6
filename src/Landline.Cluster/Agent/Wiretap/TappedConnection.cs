using Landline.Cluster.Agent.Http.Filters;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>
/// A TCP connection that is listened to since its SYN: puts what the caller sends in order and into a copy. The copy
/// begins with the first byte, or with the first request that matches. Not thread-safe.
/// </summary>
internal sealed class TappedConnection : IDisposable
{
    private readonly TcpReassembly _order;
    private readonly RequestSifter? _sifter;
    private readonly Func<TrafficCopy> _start;
    private readonly Action<ReadOnlySpan<byte>> _deliver;

    /// <param name="sequence">Of the SYN.</param>
    /// <param name="filter">Null: every byte.</param>
    public TappedConnection(uint sequence, HttpFilter? filter, Func<TrafficCopy> start)
    {
        Sequence = sequence;
        _start = start;
        _order = new TcpReassembly(sequence);
        _sifter = filter is null ? null : new RequestSifter(filter, BeginRequest, Write);
        _deliver = _sifter is null ? WriteOrBegin : _sifter.Add;
    }

    /// <summary>The caller's initial one, by which a repeated SYN is told from a new connection.</summary>
    public uint Sequence { get; }

    /// <summary>Where what was heard last went; null for nowhere yet.</summary>
    public TrafficCopy? Copy { get; private set; }

    /// <summary>What is kept because something before it is missing.</summary>
    public int WaitingBytes => _order.WaitingBytes;

    /// <summary>It has a filter, which cannot see its requests.</summary>
    public bool IsUnreadable => _sifter is { IsBlind: true, FoundNone: true };

    /// <summary>When it was last heard, a timestamp of the time provider.</summary>
    public long LastHeard { get; set; }

    /// <returns>False when there is nothing more to be copied from this connection.</returns>
    public bool Add(in TappedSegment segment)
    {
        switch (_order.Add(segment.DataSequence, segment.Payload, segment.IsFin, segment.IsReset, _deliver))
        {
            case FlowEnd.Open:
                return _sifter is null ? Copy is not { IsOver: true } : !_sifter.IsBlind;
            case FlowEnd.Lost:
                Lose();
                return false;
            default:
                return false;
        }
    }

    /// <summary>Packets were not heard, or too many wait for one that was not.</summary>
    public void Lose() => Copy?.Fail(new(StreamEndCode.Failed, "the wiretap did not hear every packet of this connection"));

    /// <summary>
    /// The copy ends in order also when the connection was reset: its handler may be later than the original, which had
    /// read everything by then.
    /// </summary>
    public void Dispose()
    {
        Copy?.End();
        _sifter?.Dispose();
        _order.Dispose();
    }

    private void WriteOrBegin(ReadOnlySpan<byte> bytes)
    {
        Copy ??= _start();
        Write(bytes);
    }

    private void BeginRequest()
    {
        if (Copy is not { IsOver: false })
        {
            Copy?.End();
            Copy = _start();
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (Copy is { IsOver: false } copy && !copy.TryWrite(bytes))
        {
            copy.Fail(new(StreamEndCode.TooMany, "the workstation takes the copy more slowly than the original is sent"));
        }
    }
}
