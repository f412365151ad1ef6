namespace Landline.Daemon.PacketEngine;

/// <summary>
/// Counts pieces of work that nobody awaits one by one, so that shutdown can await them all. Cheaper than a set of tasks
/// where there is one for each connection.
/// </summary>
internal sealed class OpenWork
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for being open.
    private int _count = 1;
    private volatile bool _closed;

    /// <summary>False = closed: do not begin.</summary>
    public bool TryBegin()
    {
        int count = Volatile.Read(ref _count);
        while (count > 0 && !_closed)
        {
            int seen = Interlocked.CompareExchange(ref _count, count + 1, count);
            if (seen == count)
            {
                return true;
            }

            count = seen;
        }

        return false;
    }

    public void End()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            _done.TrySetResult();
        }
    }

    /// <summary>To be called once. Completes when all that was begun has ended.</summary>
    public Task CloseAsync()
    {
        _closed = true;
        End();
        return _done.Task;
    }
}
