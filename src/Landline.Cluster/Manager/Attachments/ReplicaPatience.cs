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

    private readonly Dictionary<string, (DateTimeOffset Since, bool IsOver)> _waiting = new(StringComparer.Ordinal); // By the pod's uid.

    /// <summary>Whether all of them have waited for so long that nobody needs to wait for them any more; whatever their nodes say from then on.</summary>
    public bool IsOver => _waiting.Values.All(replica => replica.IsOver);

    /// <param name="waiting">All replicas that wait now; who is not among them begins anew.</param>
    public void Note(IReadOnlyCollection<(string Uid, bool IsStarting)> waiting, DateTimeOffset now)
    {
        foreach (string uid in _waiting.Keys.Except(waiting.Select(replica => replica.Uid)).ToArray())
        {
            _waiting.Remove(uid);
        }

        foreach ((string uid, bool isStarting) in waiting)
        {
            (DateTimeOffset since, bool isOver) = _waiting.GetValueOrDefault(uid, (now, false));
            _waiting[uid] = (since, isOver || now - since >= (isStarting ? WhileStarting : Usual));
        }
    }
}
