namespace Landline.Cluster.Agent.Wiretap;

/// <summary>
/// Lets the copies of a node have the processor time they want while there is some to spare, and otherwise a hundredth of
/// it: whoever hears packets waits then, and stops to hear when that does not suffice. So a wiretap costs the original
/// next to nothing, whatever it misses. One for all wiretaps of an agent. Thread-safe.
/// </summary>
/// <param name="node">What the node's processors have done.</param>
/// <param name="own">Processor time that this process has used.</param>
internal sealed class SpareTime(Func<NodeTime> node, Func<TimeSpan> own, TimeProvider timeProvider)
{
    /// <summary>
    /// A node whose processors are idle for less of their time between two looks has none to spare: what a workload leaves in between its
    /// own steps is not idle time that somebody else can have without delaying it.
    /// </summary>
    public const double Scarce = 0.2;

    /// <summary>Of a busy node's time, what all copies may have.</summary>
    public const double Share = 0.01;

    /// <summary>/proc/stat counts in steps of 10 ms. Nobody waits longer before the node is looked at again.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>So long after a look that found no time to spare there is still none: a busy node has idle moments too.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(1);

    /// <summary>Copies that have used up their part of so long a time in advance are too many.</summary>
    public static readonly TimeSpan LongestAdvance = TimeSpan.FromSeconds(1);

    /// <summary>On a node that stays busy, hearing is tried again after so long.</summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private NodeTime _node;
    private long? _looked;
    private long? _scarce; // When a look found no time to spare.
    private double _processors;
    private TimeSpan _own;
    private long _charged;
    private TimeSpan _debt; // Of processor time, beyond the share.

    /// <summary>Of this machine and process.</summary>
    /// <param name="proc">The proc file system's folder.</param>
    public static SpareTime OfNode(string proc, TimeProvider timeProvider) =>
        new(() => NodeTime.Read(proc), static () => Environment.CpuUsage.TotalTime, timeProvider);

    /// <summary>To be awaited by whoever hears, every so many packets: completes when it may go on.</summary>
    /// <returns>False = it is to hear nothing until <see cref="RestAsync"/> completes.</returns>
    public async ValueTask<bool> TakeAsync(CancellationToken cancellationToken)
    {
        TimeSpan advance = Charge(out _);
        if (advance > TimeSpan.Zero)
        {
            await Task.Delay(advance < LookInterval ? advance : LookInterval, timeProvider, cancellationToken);
        }

        return advance < LongestAdvance;
    }

    /// <summary>Completes when the node has time to spare again, or after <see cref="LongestRest"/>.</summary>
    public async Task RestAsync(CancellationToken cancellationToken)
    {
        long start = timeProvider.GetTimestamp();
        do
        {
            await Task.Delay(LookInterval, timeProvider, cancellationToken);
            Charge(out bool isScarce);
            if (!isScarce)
            {
                return;
            }
        }
        while (timeProvider.GetElapsedTime(start) < LongestRest);
    }

    /// <returns>How long the share takes for what was used beyond it, at most <see cref="LongestAdvance"/>.</returns>
    private TimeSpan Charge(out bool isScarce)
    {
        lock (_lock)
        {
            long now = timeProvider.GetTimestamp();
            TimeSpan used = own();
            if (_looked is not { } looked || timeProvider.GetElapsedTime(looked, now) >= LookInterval)
            {
                Look(now);
            }

            isScarce = _scarce is { } last && timeProvider.GetElapsedTime(last, now) < Memory;
            TimeSpan owed = _debt + used - _own - (timeProvider.GetElapsedTime(_charged, now) * (Share * _processors));
            _debt = isScarce && owed > TimeSpan.Zero ? owed : TimeSpan.Zero;
            (_own, _charged) = (used, now);
            return _debt > TimeSpan.Zero
                ? TimeSpan.FromSeconds(Math.Min(_debt.TotalSeconds / (Share * _processors), LongestAdvance.TotalSeconds))
                : TimeSpan.Zero;
        }
    }

    private void Look(long now)
    {
        NodeTime seen = node();
        TimeSpan all = seen.All - _node.All;
        if (_looked is { } before && all > TimeSpan.Zero)
        {
            _processors = all / timeProvider.GetElapsedTime(before, now);
            if (seen.Idle - _node.Idle < all * Scarce)
            {
                _scarce = now;
            }
        }

        (_node, _looked) = (seen, now);
    }
}
