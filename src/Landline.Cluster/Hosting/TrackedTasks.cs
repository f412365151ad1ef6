using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Hosting;

/// <summary>
/// Tasks that nobody awaits one by one (a link's, a stream's): their failures are logged, and the end of the process
/// waits for them. Thread-safe.
/// </summary>
internal sealed class TrackedTasks(ILogger logger)
{
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running = 1; // One for the set itself, until it is closed.
    private int _closed;

    /// <summary>Starts it on this thread, up to its first wait.</summary>
    public void Run(Func<Task> start)
    {
        Interlocked.Increment(ref _running);
        _ = ObserveAsync(start);
    }

    /// <summary>Waits for all; nothing more is to be run.</summary>
    public Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            Leave();
        }

        return _idle.Task;
    }

    private async Task ObserveAsync(Func<Task> start)
    {
        try
        {
            await start();
        }
        catch (OperationCanceledException)
        {
            // The process stops.
        }
        catch (Exception e)
        {
            HostingLog.Defect(logger, e);
        }
        finally
        {
            Leave();
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _idle.TrySetResult();
        }
    }
}
