namespace Landline.Cluster.Agent.Http.Filters;

/// <summary>
/// Whether connections came of late whose requests a filter cannot see: whoever waits for one of them is to be told why
/// nothing comes. Thread-safe.
/// </summary>
internal sealed class UnreadableConnections(TimeProvider timeProvider)
{
    /// <summary>So long it is told: a human looks at a status now and then.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private const long Never = long.MinValue;

    private long _last = Never;

    public bool CameOfLate => Volatile.Read(ref _last) is var last && last != Never && timeProvider.GetElapsedTime(last) < Memory;

    public void Note() => Volatile.Write(ref _last, timeProvider.GetTimestamp());
}
