using System.Buffers;
using System.IO.Pipelines;
using Landline.Cluster.Hosting;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>
/// One copy on its way to the workstation. Whoever hears the original writes and never waits; a pump of its own opens
/// the stream and sends as fast as the workstation takes it. What the workstation answers is read and dropped.
/// <code>
/// open ── End ──────────────────────> what waits is sent, then the end, then the answer's end is awaited
///   ├──── Fail ─────────────────────> the stream is reset at once
///   └──── refused, reset, idle ─────> over: nothing is taken any more
/// </code>
/// </summary>
/// <param name="open">Null, or <see cref="StreamEndedException"/>: the workstation does not take it.</param>
/// <param name="idle">After so long without a byte the copy ends in order; null for never.</param>
internal sealed class TrafficCopy(
    Func<CancellationToken, ValueTask<SessionStream?>> open, ByteBudget budget, TimeSpan? idle, TimeProvider timeProvider)
{
    /// <summary>What waits for one slow workstation: a second of 16 Mbit/s. Beyond it the copy fails, or a datagram is dropped.</summary>
    public const int MostQueuedBytes = 2 * 1024 * 1024;

    /// <summary>A handler that goes on answering after the end of the requests is listened to for so long.</summary>
    public static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(30);

    // The pipe itself has no bound: a writer that would have to wait is told by TryWrite.
    private readonly Pipe _queue = new(new PipeOptions(
        pauseWriterThreshold: 0, minimumSegmentSize: 16 * 1024, readerScheduler: PipeScheduler.ThreadPool, useSynchronizationContext: false));

    private readonly Lock _lock = new();
    private SessionStream? _stream;
    private StreamEnd? _failure;
    private int _queued;
    private bool _isOver;

    /// <summary>Nothing is taken any more.</summary>
    public bool IsOver
    {
        get
        {
            lock (_lock)
            {
                return _isOver;
            }
        }
    }

    /// <summary>Returns when the stream, if there ever was one, is over; never fails. Called once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Task discarding = Task.CompletedTask;
        await using ITimer? timer = idle is { } longest
            ? timeProvider.CreateTimer(_ => _queue.Reader.CancelPendingRead(), null, longest, longest)
            : null;
        try
        {
            if (await open(cancellationToken) is { } stream && Begin(stream))
            {
                discarding = DiscardAsync(stream, cancellationToken);
                await SendAsync(stream, timer, cancellationToken);
                stream.EndWriting();
                await discarding.WaitAsync(AnswerPatience, timeProvider, cancellationToken);
            }
        }
        catch (Exception e) when (e is StreamEndedException or OperationCanceledException or TimeoutException)
        {
            // The workstation's fault or wish, or the wiretap ends: the original never learns.
        }
        finally
        {
            Finish();
            _stream?.Reset(_failure ?? new(StreamEndCode.Canceled, "the wiretap has ended"));
            await discarding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _queue.Reader.CompleteAsync();
        }
    }

    /// <summary>False = it does not fit, or the copy is over. One writer; <see cref="FlushAsync"/> follows.</summary>
    public bool TryWrite(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_isOver || _queued + bytes.Length > MostQueuedBytes || !budget.TryTake(bytes.Length))
            {
                return false;
            }

            _queued += bytes.Length;
        }

        _queue.Writer.Write(bytes);
        return true;
    }

    /// <summary>Lets the pump see what was written. Completes at once.</summary>
    public async ValueTask FlushAsync()
    {
        if (!IsOver)
        {
            await _queue.Writer.FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>The original's caller is done. By the writer.</summary>
    public void End() => _queue.Writer.Complete();

    /// <summary>The copy cannot go on. By the writer.</summary>
    public void Fail(StreamEnd reason)
    {
        SessionStream? stream;
        lock (_lock)
        {
            _failure ??= reason;
            stream = _stream;
        }

        Finish();
        stream?.Reset(reason);
        _queue.Reader.CancelPendingRead();
        _queue.Writer.Complete();
    }

    /// <summary>False = it has failed meanwhile.</summary>
    private bool Begin(SessionStream stream)
    {
        lock (_lock)
        {
            _stream = stream;
            return _failure is null;
        }
    }

    private void Finish()
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _isOver = true;
                budget.Return(_queued);
            }
        }
    }

    private async Task SendAsync(SessionStream stream, ITimer? timer, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await _queue.Reader.ReadAsync(cancellationToken);
            if (result.IsCanceled && result.Buffer.IsEmpty)
            {
                // Idle. From here on a writer begins another copy.
                Finish();
                return;
            }

            timer?.Change(idle!.Value, idle.Value);
            foreach (ReadOnlyMemory<byte> bytes in result.Buffer)
            {
                await stream.WriteAsync(bytes, cancellationToken);
            }

            Return((int)result.Buffer.Length);
            _queue.Reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    private void Return(int count)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                _queued -= count;
                budget.Return(count);
            }
        }
    }

    private static async Task DiscardAsync(SessionStream stream, CancellationToken cancellationToken)
    {
        byte[] dropped = new byte[4096];
        while (await stream.ReadAsync(dropped, cancellationToken) > 0)
        {
        }
    }
}
