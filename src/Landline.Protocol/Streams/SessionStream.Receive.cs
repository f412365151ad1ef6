using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Landline.Protocol.Sessions;

namespace Landline.Protocol.Streams;

/// <content>What arrives: straight to the sink while that takes it, otherwise into a queue that the window bounds.</content>
public sealed partial class SessionStream
{
    private const int NothingYet = -2;
    private const int DatagramEnded = -1;

    private readonly ReceiveQueue _queue = new();
    private WakeSignal? _readable;
    private IStreamSink? _sink;
    private bool _endReceived;

    /// <summary>Null while the stream lives or when it ended in order.</summary>
    internal StreamEnd? EndReason => Volatile.Read(ref _end);

    /// <summary>Waits for bytes. 0 = orderly end of that direction.</summary>
    /// <exception cref="StreamEndedException">The stream was reset or its session is over.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read = TryRead(buffer.Span);
        return read != NothingYet ? ValueTask.FromResult(read) : ReadLaterAsync(this, buffer, cancellationToken);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        static async ValueTask<int> ReadLaterAsync(SessionStream stream, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int read;
            while ((read = stream.TryRead(buffer.Span)) == NothingYet)
            {
                await stream.WaitReadableAsync(cancellationToken);
            }

            return read;
        }
    }

    /// <summary>Waits for one datagram; what does not fit into the buffer is cut off. -1 = the peer ended that direction, or the stream is over.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReceiveDatagramAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int length;
        while ((length = TryReceiveDatagram(buffer.Span)) == NothingYet)
        {
            await WaitReadableAsync(cancellationToken);
        }

        return length;
    }

    /// <summary>-2 = nothing yet.</summary>
    internal int TryRead(Span<byte> buffer)
    {
        int read;
        lock (_receiveLock)
        {
            if (_end is not null)
            {
                throw new StreamEndedException(_end);
            }

            read = _queue.Read(buffer);
            if (read == 0)
            {
                // An empty buffer asks to be told when there is something to read.
                return _endReceived || _queue.Length > 0 ? 0 : NothingYet;
            }
        }

        _core.Consumed(this, read);
        return read;
    }

    internal int TryReceiveDatagram(Span<byte> buffer)
    {
        int length;
        int kept;
        lock (_receiveLock)
        {
            if (_queue.Length == 0)
            {
                return _endReceived || _isOver ? DatagramEnded : NothingYet;
            }

            Span<byte> prefix = stackalloc byte[4];
            _queue.Read(prefix);
            length = BinaryPrimitives.ReadInt32BigEndian(prefix);
            kept = _queue.Read(buffer[..Math.Min(length, buffer.Length)]);
            _queue.Skip(length - kept);
        }

        _core.Consumed(this, length + SessionLimits.DatagramOverhead);
        return kept;
    }

    /// <summary>From now on what arrives goes to <paramref name="sink"/>; it is woken for what has arrived already.</summary>
    internal void AttachSink(IStreamSink sink)
    {
        lock (_receiveLock)
        {
            _sink = sink;
        }

        sink.Wake();
    }

    /// <summary>For a sink: the oldest queued bytes, valid until <see cref="Advance"/>.</summary>
    internal bool TryPeek(out ReadOnlyMemory<byte> bytes)
    {
        lock (_receiveLock)
        {
            return _queue.TryPeek(out bytes);
        }
    }

    /// <summary>For a sink: these many of the peeked bytes are delivered.</summary>
    internal void Advance(int length)
    {
        lock (_receiveLock)
        {
            _queue.Advance(length);
        }

        _core.Consumed(this, length);
    }

    internal bool HasQueued
    {
        get
        {
            lock (_receiveLock)
            {
                return _queue.Length > 0;
            }
        }
    }

    /// <summary>For a sink: everything before the peer's End has been delivered.</summary>
    internal bool HasReadToEnd
    {
        get
        {
            lock (_receiveLock)
            {
                return _endReceived && _queue.Length == 0;
            }
        }
    }

    /// <summary>Called by the session within one batch at a time. The bytes belong to the link's buffer: no reference is kept.</summary>
    internal void Deliver(ReadOnlySpan<byte> bytes)
    {
        IStreamSink? taker = null;
        int taken = 0;
        int cost = bytes.Length;
        lock (_receiveLock)
        {
            if (_isOver)
            {
                return;
            }

            if (_sink is not null && _queue.Length == 0)
            {
                taker = _sink;
                taken = taker.Take(bytes);
            }

            if (!HasDatagrams)
            {
                cost = taken;
                _queue.Append(bytes[taken..]);
            }
            else if (taker is null)
            {
                Span<byte> prefix = stackalloc byte[4];
                BinaryPrimitives.WriteInt32BigEndian(prefix, bytes.Length);
                _queue.Append(prefix);
                _queue.Append(bytes);
                cost = 0;
            }
            else
            {
                cost = bytes.Length + SessionLimits.DatagramOverhead;
            }
        }

        taker?.AfterTake();
        if (cost > 0)
        {
            _core.Consumed(this, cost);
        }

        if (taken < bytes.Length || taker is null)
        {
            WakeReader();
        }
    }

    internal void DeliverEnd()
    {
        lock (_receiveLock)
        {
            _endReceived = true;
        }

        WakeReader();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitReadableAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        WakeSignal readable;
        lock (_receiveLock)
        {
            readable = _readable ??= new WakeSignal();
            if (_queue.Length > 0 || _endReceived || _isOver)
            {
                return;
            }
        }

        await using (cancellationToken.UnsafeRegister(static signal => ((WakeSignal)signal!).Set(), readable))
        {
            await readable.WaitAsync();
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private void WakeReader()
    {
        IStreamSink? sink;
        WakeSignal? readable;
        lock (_receiveLock)
        {
            sink = _sink;
            readable = _readable;
        }

        sink?.Wake();
        readable?.Set();
    }
}
