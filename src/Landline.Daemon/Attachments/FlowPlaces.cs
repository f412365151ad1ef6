namespace Landline.Daemon.Attachments;

/// <summary>
/// How many flows of datagrams there may be at once. A new one is never turned away: when all places are taken, those flows
/// end that are least likely to be missed. Any thread may call anything.
/// </summary>
internal sealed class FlowPlaces(int most, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly HashSet<FlowLife> _taken = [];

    // Looking for the one that is missed least costs as much as looking for some.
    private readonly int _endedAtOnce = Math.Max(1, most / 64);

    /// <param name="patience">How long the flow lasts until its first datagram.</param>
    public FlowLife Take(TimeSpan patience)
    {
        var flow = new FlowLife(this, patience, time);
        FlowLife[] missedLeast = [];
        lock (_lock)
        {
            if (_taken.Count >= most)
            {
                // First who had one answer to one question, then who has been silent for longest.
                missedLeast = [.. _taken.OrderByDescending(one => one.IsAnswered).ThenBy(one => one.LastHeard).Take(_endedAtOnce)];
                _taken.ExceptWith(missedLeast);
            }

            _taken.Add(flow);
        }

        foreach (FlowLife one in missedLeast)
        {
            one.End();
        }

        return flow;
    }

    public void GiveBack(FlowLife flow)
    {
        lock (_lock)
        {
            _taken.Remove(flow);
        }
    }
}
