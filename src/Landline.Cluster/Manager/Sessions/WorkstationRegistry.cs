using System.Collections.Concurrent;
using Landline.Cluster.Manager.Watching;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>The workstations that have a session, by their Connection. Thread-safe.</summary>
internal sealed class WorkstationRegistry
{
    private readonly ConcurrentDictionary<ObjectKey, WorkstationPeer> _byConnection = new();
    private readonly ConcurrentDictionary<string, bool> _expired = new(StringComparer.Ordinal); // By the Connection's uid.

    /// <summary>A session has started, ended, lost its link or got a new one. Raised on the session's threads: must not block.</summary>
    public event Action<WorkstationPeer>? Changed;

    public IEnumerable<WorkstationPeer> All => _byConnection.Values;

    public int Count => _byConnection.Count;

    public WorkstationPeer? Find(ObjectKey connection) => _byConnection.GetValueOrDefault(connection);

    /// <param name="uid">The Connection's: the session of another one of that name is not meant.</param>
    public WorkstationPeer? Find(ObjectKey connection, string uid) =>
        Find(connection) is { } workstation && workstation.Connection.Uid == uid ? workstation : null;

    /// <summary>Returns the session whose place it takes: the workstation has given that one up.</summary>
    public WorkstationPeer? Add(WorkstationPeer workstation)
    {
        WorkstationPeer? before = null;
        _byConnection.AddOrUpdate(workstation.Key, workstation, (_, old) =>
        {
            before = old;
            return workstation;
        });
        _expired.TryRemove(workstation.Connection.Uid, out _);
        Changed?.Invoke(workstation);
        return before;
    }

    /// <param name="expired">It ended because its workstation stayed away for the grace period.</param>
    public void Remove(WorkstationPeer workstation, bool expired)
    {
        if (_byConnection.TryRemove(KeyValuePair.Create(workstation.Key, workstation)) && expired)
        {
            _expired[workstation.Connection.Uid] = true;
        }

        Changed?.Invoke(workstation);
    }

    /// <summary>Whether the Connection's last session expired; says so once.</summary>
    public bool TakeExpired(string connectionUid) => _expired.TryRemove(connectionUid, out _);

    public void NoteChange(WorkstationPeer workstation) => Changed?.Invoke(workstation);
}
