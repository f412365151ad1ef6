using System.Collections.Concurrent;
using Landline.Networking.Files;

namespace Landline.Cluster.Agent.Files;

/// <summary>
/// A thread that acts on files with an identity of its own. Such an identity belongs to a thread and stays with it, so
/// this one is never shared and ends after <see cref="Dispose"/>. One call at a time.
/// </summary>
internal sealed class FileThread : IDisposable
{
    // One place, because a caller waits for its result before it asks again. The thread disposes of it at its end.
    private readonly BlockingCollection<Action> _work = new(boundedCapacity: 1);
    private volatile FileError? _refused;

    public FileThread(FileIdentity identity)
    {
        var thread = new Thread(() => Run(identity), maxStackSize: 256 * 1024) { IsBackground = true, Name = "container files" };
        thread.Start();
    }

    /// <exception cref="FileError">The identity cannot be taken on, or what <paramref name="function"/> threw.</exception>
    public Task<T> RunAsync<T>(Func<T> function, CancellationToken cancellationToken)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(Call, cancellationToken);
        return result.Task.WaitAsync(cancellationToken);

        void Call()
        {
            try
            {
                result.SetResult(_refused is { } refused ? throw refused : function());
            }
            catch (Exception e)
            {
                result.SetException(e);
            }
        }
    }

    public void Dispose() => _work.CompleteAdding();

    private void Run(FileIdentity identity)
    {
        try
        {
            identity.TakeOn();
        }
        catch (FileError e)
        {
            _refused = e;
        }

        foreach (Action call in _work.GetConsumingEnumerable())
        {
            call();
        }

        _work.Dispose();
    }
}
