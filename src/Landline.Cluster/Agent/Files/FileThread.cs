using System.Collections.Concurrent;
using Landline.Networking.Files;

namespace Landline.Cluster.Agent.Files;

/// <summary>
/// A thread that acts on files with an identity of its own. Such an identity belongs to a thread and stays with it, so
/// this one is never shared and ends after <see cref="Dispose"/>. One call at a time.
/// </summary>
/// <remarks>
/// A call that nobody waits for any more goes on (a file system in the network may hang), so what the calls use is
/// disposed of here, after the last one.
/// </remarks>
internal sealed class FileThread : IDisposable
{
    // One place, because a caller waits for its result before it asks again. It holds nothing that needs disposing, and
    // the thread can be through before CompleteAdding has returned.
    private readonly BlockingCollection<Action> _work = new(boundedCapacity: 1);
    private volatile FileError? _refused;

    /// <param name="used">Disposed of at the thread's end.</param>
    public FileThread(FileIdentity identity, IDisposable used)
    {
        var thread = new Thread(() => Run(identity, used), maxStackSize: 256 * 1024) { IsBackground = true, Name = "container files" };
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

    private void Run(FileIdentity identity, IDisposable used)
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

        used.Dispose();
    }
}
