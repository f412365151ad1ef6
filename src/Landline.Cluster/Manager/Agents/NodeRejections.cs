namespace Landline.Cluster.Manager.Agents;

/// <summary>When to try again after a node has turned down an agent's pod, or its agent has ended: at once, then ever later.</summary>
internal sealed class NodeRejections
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private TimeSpan _pause;
    private string _last = "";
    private DateTimeOffset _next;

    /// <param name="podUid">Of the pod that has ended.</param>
    public bool MayTryAgain(string podUid, DateTimeOffset now)
    {
        if (podUid != _last)
        {
            _last = podUid;
            _next = now + _pause;
            _pause = _pause == TimeSpan.Zero ? FirstPause : TimeSpan.FromTicks(Math.Min((_pause * 2).Ticks, LongestPause.Ticks));
        }

        return now >= _next;
    }
}
