using Landline.Protocol.Api;

namespace Landline.Cluster.Manager.Agents;

/// <summary>
/// Tells agents that hang from a manager that was away. One that was stopped, or got no processor time, has heard nobody
/// meanwhile, and its beat can come before what has arrived is read: the first beat after a pause says nothing, and silence
/// counts at two in a row. One task asks.
/// </summary>
internal sealed class AgentSilence(TimeProvider timeProvider)
{
    private static readonly TimeSpan LongestBeat = 2 * LiveMessage.Interval;

    private HashSet<string> _silent = [];
    private long _lastBeat = timeProvider.GetTimestamp();

    /// <summary>Once at every beat. Returns those that hang.</summary>
    /// <param name="silent">The uids of the pods whose agents have not been heard of for too long.</param>
    public IReadOnlySet<string> Beat(IEnumerable<string> silent)
    {
        long now = timeProvider.GetTimestamp();
        bool wasAway = timeProvider.GetElapsedTime(_lastBeat, now) > LongestBeat;
        HashSet<string> hung = _silent;
        (_lastBeat, _silent) = (now, wasAway ? [] : [.. silent]);
        hung.IntersectWith(_silent);
        return hung;
    }
}
