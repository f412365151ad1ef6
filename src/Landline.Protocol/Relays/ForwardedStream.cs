using System.Buffers;
using Landline.Protocol.Frames;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Relays;

/// <summary>
/// One direction between two streams: what arrives on one is copied from its link's buffer into the other's log at
/// once; what does not fit waits in the first one's queue, within its window, for the other's turn.
/// </summary>
internal sealed class ForwardedStream : IStreamSink
{
    private readonly SessionStream _from;
    private readonly SessionStream _to;
    private readonly WakeSignal _wake = new() { RunsInline = true };
    private Link? _pump;

    public ForwardedStream(SessionStream from, SessionStream to)
    {
        _from = from;
        _to = to;
        to.Turn.RunsInline = true;
    }

    int IStreamSink.Take(ReadOnlySpan<byte> bytes)
    {
        if (_from.HasDatagrams)
        {
            // Without credit or room it is dropped here, as a router would do.
            _to.Core.TrySendDatagram(_to, bytes, out _pump);
            return bytes.Length;
        }

        AppendStatus status = Append(bytes, hasTurn: false, out int written, out _pump);
        return status == AppendStatus.Over ? bytes.Length : written;
    }

    void IStreamSink.AfterTake()
    {
        Link? pump = _pump;
        _pump = null;
        pump?.Pump();
    }

    void IStreamSink.Wake() => _wake.Set();

    /// <summary>Until this direction has ended or either stream is over; then the other stream has been told.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            await _wake.WaitAsync();
            if (_from.HasDatagrams)
            {
                ForwardQueuedDatagrams();
            }
            else
            {
                await ForwardQueuedAsync();
            }

            if (_from.EndReason is { } end)
            {
                _to.Reset(end);
                return;
            }

            if (_to.EndReason is { } toEnd)
            {
                _from.Reset(toEnd);
                return;
            }

            if (_from.HasReadToEnd)
            {
                _to.EndWriting();
                return;
            }
        }
    }

    private async ValueTask ForwardQueuedAsync()
    {
        bool hasTurn = false;
        while (_from.TryPeek(out ReadOnlyMemory<byte> bytes))
        {
            AppendStatus status = Append(bytes.Span, hasTurn, out int written, out Link? pump);
            pump?.Pump();
            hasTurn = false;
            if (status == AppendStatus.Over)
            {
                return;
            }

            if (status == AppendStatus.NotNow)
            {
                await _to.Turn.WaitAsync();
                hasTurn = true;
            }
            else
            {
                _from.Advance(written);
            }
        }
    }

    /// <summary>Those that came before the relay began.</summary>
    private void ForwardQueuedDatagrams()
    {
        byte[]? buffer = null;
        while (_from.HasQueued)
        {
            buffer ??= ArrayPool<byte>.Shared.Rent(FrameCodec.LongestPayload);
            int length = _from.TryReceiveDatagram(buffer);
            if (length >= 0)
            {
                _to.TrySendDatagram(buffer.AsSpan(0, length));
            }
        }

        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private AppendStatus Append(ReadOnlySpan<byte> bytes, bool hasTurn, out int written, out Link? pump)
    {
        var source = new MemorySource(bytes);
        return _to.Core.Append(_to, ref source, bytes.Length, hasTurn, out written, out _, out pump);
    }
}
