using System.Threading.Tasks.Sources;

namespace Landline.Protocol.Streams;

/// <summary>
/// Wakes one waiter, and remembers a wake that came too early. Allocates nothing per wait. One task waits at a time;
/// anyone may set. With <see cref="RunsInline"/> the waiter goes on inside <see cref="Set"/>: only for code of this
/// assembly that never blocks.
/// </summary>
internal sealed class WakeSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int IsSet = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _state;

    /// <summary>Set before the first wait.</summary>
    public bool RunsInline
    {
        get => !_source.RunContinuationsAsynchronously;
        set => _source.RunContinuationsAsynchronously = !value;
    }

    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, IsSet) == IsSet)
        {
            return ValueTask.CompletedTask;
        }

        _source.Reset();
        var wait = new ValueTask(this, _source.Version);
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == IsSet)
        {
            Volatile.Write(ref _state, Idle);
            return ValueTask.CompletedTask;
        }

        return wait;
    }

    public void Set()
    {
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case Waiting when Interlocked.CompareExchange(ref _state, Idle, Waiting) == Waiting:
                    _source.SetResult(true);
                    return;
                case Idle when Interlocked.CompareExchange(ref _state, IsSet, Idle) == Idle:
                case IsSet:
                    return;
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
