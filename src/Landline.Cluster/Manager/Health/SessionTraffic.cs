using Landline.Protocol.Sessions;

namespace Landline.Cluster.Manager.Health;

/// <summary>How many bytes sessions have carried, those that are over included. Nothing is counted on the data path: a session knows.</summary>
internal sealed class SessionTraffic
{
    private readonly Lock _gate = new();
    private readonly HashSet<Session> _live = [];
    private long _received;
    private long _written;

    public (long Received, long Written) Totals
    {
        get
        {
            lock (_gate)
            {
                return (_received + _live.Sum(static session => session.Received), _written + _live.Sum(static session => session.Written));
            }
        }
    }

    public void Add(Session session)
    {
        lock (_gate)
        {
            _live.Add(session);
        }
    }

    /// <summary>It is over. Its bytes stay in the totals.</summary>
    public void Remove(Session session)
    {
        lock (_gate)
        {
            if (_live.Remove(session))
            {
                _received += session.Received;
                _written += session.Written;
            }
        }
    }
}
