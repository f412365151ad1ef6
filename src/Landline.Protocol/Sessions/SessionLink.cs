using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Landline.Protocol.Frames;
using Landline.Protocol.Links;
using Landline.Protocol.Loops;
using Landline.Protocol.Streams;

namespace Landline.Protocol.Sessions;

/// <summary>
/// Drives one link of a session over any stream: one reader, and a pump that runs on whatever thread made output and
/// goes on where the link's write completes. Disposing the stream must end its pending reads and writes.
/// </summary>
internal sealed class SessionLink : Link, ILoopWork
{
    // A thread that found the link writable and everybody else eager would never come back from the pump or the
    // reader. After this much the pump goes on in the loop's next round and the reader on the thread pool; a socket's
    // reader leaves earlier, by itself (SocketLink).
    private const int BytesPerTurn = 1024 * 1024;

    // Grows to the full size with the first read that fills it: an idle session keeps little.
    private const int SmallReadBuffer = 8 * 1024;
    private const int ReadBuffer = 256 * 1024;

    private readonly SessionCore _core;
    private readonly Stream _stream;
    private readonly SocketLink? _socket;
    private readonly Action _goOn;
    private readonly TaskCompletionSource _pumpStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter? _write;
    private int _aborted;

    public SessionLink(SessionCore core, Stream stream)
    {
        _core = core;
        _stream = stream;
        _goOn = Run;
        _socket = SocketLink.Under(stream);
        Flushes = stream is not SocketLink;
    }

    /// <summary>Completes when the link is gone and nothing of it runs any more; never fails.</summary>
    public Task Ended => _ended.Task;

    /// <summary>
    /// To be called once, after the handshake, when the session has attached this link. Returns when the link is gone;
    /// never fails, <see cref="Link.Failure"/> says why it ended.
    /// </summary>
    public async Task RunAsync()
    {
        _socket?.RunsInline = true;
        Pump();
        try
        {
            await ReadAsync();
            Failure ??= new IOException("The peer closed the link.");
        }
        catch (SessionProtocolException violation)
        {
            Failure = violation;
            _core.End(new StreamEnd(StreamEndCode.ProtocolError, violation.Message), tellPeer: false);
        }
        catch (Exception exception)
        {
            // Whatever a link's stream throws ends that link and nothing else.
            Failure ??= CauseOf(exception);
        }

        // Whoever waits for the end may block: it does not go on in the loop's thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _core.Detach(this);
        Abort();
        if (_core.IsPumping(this))
        {
            await _pumpStopped.Task;
        }

        _ended.TrySetResult();
    }

    public override void Pump() => Run();

    void ILoopWork.Run() => Run();

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) == 0)
        {
            _stream.Dispose();
        }
    }

    // A stream that was closed on this side can only say so.
    private Exception CauseOf(Exception exception) =>
        Volatile.Read(ref _aborted) == 0 ? exception : new IOException(_core.EndReason?.Detail ?? "The link was closed.");

    private async Task ReadAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(SmallReadBuffer);
        try
        {
            int start = 0;
            int end = 0;
            int inARow = 0;
            while (true)
            {
                ValueTask<int> read = _stream.ReadAsync(buffer.AsMemory(end), CancellationToken.None);
                bool isPending = !read.IsCompleted;
                int length = await read;
                if (length == 0)
                {
                    return;
                }

                end += length;
                int taken = _core.Receive(this, buffer.AsSpan(start, end - start));
                if (taken < 0)
                {
                    return;
                }

                start += taken;
                buffer = MakeRoom(buffer, ref start, ref end);
                inARow = isPending ? 0 : inARow + length;
                if (inARow > BytesPerTurn)
                {
                    inARow = 0;
                    await Task.Yield();
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] MakeRoom(byte[] buffer, ref int start, ref int end)
    {
        if (start == end)
        {
            bool wasFull = end == buffer.Length;
            start = end = 0;
            return wasFull && buffer.Length < ReadBuffer ? Grow(buffer, 0, 0) : buffer;
        }

        if (buffer.Length < ReadBuffer)
        {
            buffer = Grow(buffer, start, end);
        }
        else if (buffer.Length - end < FrameCodec.LongestFrame)
        {
            Buffer.BlockCopy(buffer, start, buffer, 0, end - start);
        }
        else
        {
            return buffer;
        }

        end -= start;
        start = 0;
        return buffer;
    }

    private static byte[] Grow(byte[] buffer, int start, int end)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(ReadBuffer);
        Buffer.BlockCopy(buffer, start, larger, 0, end - start);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private void Run()
    {
        try
        {
            if (Go())
            {
                return;
            }
        }
        catch (Exception exception)
        {
            // As for the reader: the link is lost, the session goes on.
            Failure ??= CauseOf(exception);
            _core.Detach(this);
            _core.StopPump(this);
            Abort();
        }

        if (Volatile.Read(ref _aborted) != 0)
        {
            _pumpStopped.TrySetResult();
        }
    }

    /// <summary>True = the pump goes on elsewhere: nothing of it may be touched after that.</summary>
    [SuppressMessage("Usage", "VSTHRD002", Justification = "Only results of writes that have completed are taken.")]
    private bool Go()
    {
        if (_write is { } finished)
        {
            _write = null;
            finished.GetResult();
        }

        int written = 0;
        while (true)
        {
            ValueTask write;
            switch (_core.TryTakeOutput(this, out ReadOnlyMemory<byte> bytes, out SessionStream? turn))
            {
                case OutputKind.Turn:
                    turn!.Turn.Set();
                    continue;
                case OutputKind.Bytes:
                    write = _stream.WriteAsync(bytes, CancellationToken.None);
                    written += bytes.Length;
                    break;
                case OutputKind.Flush:
                    write = new ValueTask(_stream.FlushAsync(CancellationToken.None));
                    break;
                case OutputKind.Close:
                    Abort();
                    return false;
                default:
                    return false;
            }

            ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter awaiter = write.ConfigureAwait(false).GetAwaiter();
            if (!awaiter.IsCompleted)
            {
                _write = awaiter;
                awaiter.UnsafeOnCompleted(_goOn);
                return true;
            }

            awaiter.GetResult();
            if (written > BytesPerTurn)
            {
                _core.Session.Loop.RunNextRound(this);
                return true;
            }
        }
    }
}
