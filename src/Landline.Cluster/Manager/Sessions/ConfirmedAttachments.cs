namespace Landline.Cluster.Manager.Sessions;

/// <summary>
/// The attachments that a session has called its own, by their objects' uids. What a session says here counts for its own Connection
/// only. Bounded: the oldest gives way. Thread-safe.
/// </summary>
internal sealed class ConfirmedAttachments
{
    public const int Most = 1024;

    /// <summary>Characters; the API server's uids have 36.</summary>
    private const int LongestUid = 64;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _confirmed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _news = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    public void Add(string uid)
    {
        if (uid.Length > LongestUid)
        {
            return;
        }

        lock (_lock)
        {
            _news.Add(uid);
            if (!_confirmed.Add(uid))
            {
                return;
            }

            _order.Enqueue(uid);
            if (_order.Count > Most)
            {
                string oldest = _order.Dequeue();
                _confirmed.Remove(oldest);
                _news.Remove(oldest);
            }
        }
    }

    public bool Contains(string uid)
    {
        lock (_lock)
        {
            return _confirmed.Contains(uid);
        }
    }

    /// <summary>Whether it has been confirmed since this was asked last.</summary>
    public bool TakeNews(string uid)
    {
        lock (_lock)
        {
            return _news.Remove(uid);
        }
    }
}
