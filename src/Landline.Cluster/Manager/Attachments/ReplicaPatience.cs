namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// How long the replicas of one attachment have waited for their agents. A node that is dead, full or no real one would
/// otherwise hold up all the others for ever. Used by the controller's loop alone.
/// </summary>
internal sealed class ReplicaPatience
{
    /// <summary>A node that is well has an agent after two or three seconds.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(10);

    /// <summary>Where the node says that it is at it: the image may have to be pulled first.</summary>
    public static readonly TimeSpan WhileStarting = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal); // By the pod's uid.

    /// <summary>Whether all of them have waited for so long that nobody needs to wait for them any more.</summary>
    /// <param name="waiting">All replicas that wait now; who is not among them begins anew.</param>
    public bool IsOver(IReadOnlyCollection<(string Uid, bool IsStarting)> waiting, DateTimeOffset now)
    {
        foreach (string uid in _since.Keys.Except(waiting.Select(replica => replica.Uid)).ToArray())
        {
            _since.Remove(uid);
        }

        bool isOver = true;
        foreach ((string uid, bool isStarting) in waiting)
        {
            _since.TryAdd(uid, now);
            isOver &= now - _since[uid] >= (isStarting ? WhileStarting : Usual);
        }

        return isOver;
    }
}
