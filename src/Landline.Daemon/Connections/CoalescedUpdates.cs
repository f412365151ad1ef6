namespace Landline.Daemon.Connections;

/// <summary>
/// Runs an update whenever it is asked for, one at a time; whoever asks while one runs shares the next one. That one fails is
/// told to those who asked for it alone. Disposal cancels the one that runs and waits for it.
/// </summary>
internal sealed class CoalescedUpdates(Func<CancellationToken, Task> update) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _latest = Task.CompletedTask;
    private Task? _waiting;

    /// <summary>Completes when an update that began after this call is done, or will not be.</summary>
    public Task AskAsync()
    {
        lock (_lock)
        {
            if (_waiting is null)
            {
                Task before = _latest;
                _waiting = _latest = Task.Run(() => RunAfterAsync(before));
            }

            return _waiting;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task last;
        lock (_lock)
        {
            last = _latest;
        }

        // Not disposed of: whoever asks later is let go by it.
        await Task.WhenAny(last);
    }

    private async Task RunAfterAsync(Task before)
    {
        await Task.WhenAny(before);
        lock (_lock)
        {
            _waiting = null;
        }

        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            await update(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The connection ends.
        }
    }
}
