using System.Collections.Concurrent;
using System.Diagnostics;

namespace Landline.Networking.Processes;

/// <summary>
/// Starts children that shall not outlive this process. The kernel sends their parent-death signal when the thread
/// that started them ends, and a pool thread ends whenever the pool has too many; this one ends with the process.
/// </summary>
internal static class ChildStarter
{
    // Callers wait for the start, so there are never more entries than callers.
    private static readonly BlockingCollection<(Func<Process> Start, TaskCompletionSource<Process> Started)> Requests = new(64);

    static ChildStarter() => new Thread(Run) { IsBackground = true, Name = "child starter" }.Start();

    public static Task<Process> StartAsync(string name, IReadOnlyList<string> arguments)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add((() => SystemTool.Start("setpriv", ["--pdeathsig", "KILL", "--", name, .. arguments]), started));
        return started.Task;
    }

    private static void Run()
    {
        foreach ((Func<Process> start, TaskCompletionSource<Process> started) in Requests.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(start());
            }
            catch (Exception e) when (e is ToolFailedException or IOException)
            {
                started.SetException(e);
            }
        }
    }
}
