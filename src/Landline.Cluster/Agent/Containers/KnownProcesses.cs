namespace Landline.Cluster.Agent.Containers;

/// <summary>
/// Which containers the node's processes are in, remembered for a second: reading it takes a file for each, of which a node
/// has thousands. What is new is looked at each time, because an exec probe's process is younger than what it asks, and
/// joins its container only after it was made. Thread-safe.
/// </summary>
/// <param name="proc">The proc file system's folder.</param>
internal sealed class KnownProcesses(string proc)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Dictionary<int, Known> _known = [];

    /// <param name="containerIds">Without the runtime's scheme.</param>
    public IReadOnlyList<int> In(string[] containerIds, TimeProvider time)
    {
        lock (_lock)
        {
            var now = new Dictionary<int, Known>(_known.Count);
            foreach (int processId in ProcFile.ProcessIds(proc))
            {
                now[processId] = _known.TryGetValue(processId, out Known? known) ? LookAgain(processId, known, time) : Look(processId, time);
            }

            _known = now;
            return [.. now.Where(pair => pair.Value.Containers.Any(containerIds.Contains)).Select(pair => pair.Key)];
        }
    }

    private Known Look(int processId, TimeProvider time)
    {
        long now = time.GetTimestamp();
        return new Known(ContainerFinder.ContainersOf(proc, processId), now, now);
    }

    private Known LookAgain(int processId, Known known, TimeProvider time)
    {
        TimeSpan age = time.GetElapsedTime(known.Read);
        bool isSettled = time.GetElapsedTime(known.First, known.Read) >= Remembered;
        if (isSettled && age < Remembered)
        {
            return known;
        }

        // Not seen for long, it may be another process with the same number.
        Known again = Look(processId, time);
        return age < 2 * Remembered ? again with { First = known.First } : again;
    }

    /// <param name="First">When it was seen first: <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="Read">When its containers were read.</param>
    private sealed record Known(string[] Containers, long First, long Read);
}
