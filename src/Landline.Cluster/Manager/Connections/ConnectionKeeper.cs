using System.Text.Json;
using System.Text.Json.Nodes;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Connections;

/// <summary>
/// Keeps the Connection objects and the sessions of a kind: writes what is into the status, ends the session of a
/// Connection that is gone, and deletes a Connection whose workstation is gone. One task runs it.
/// <code>
/// no session yet            → Pending   ─┐ deleted when no session has come for grace + 30 s, counted from the object's
/// session without a link    → Waiting    │ creation, the end of its session or this manager's start, whichever is last
/// session ended otherwise   → Waiting   ─┘
/// session with a link       → Connected
/// session's grace ran out   → deleted at once
/// </code>
/// </summary>
internal sealed class ConnectionKeeper(
    KubernetesClient client,
    ConnectionStore store,
    WorkstationRegistry workstations,
    Announcement announcement,
    ManagerMetrics metrics,
    TrackedTasks tasks,
    TimeProvider timeProvider,
    ILogger logger)
{
    /// <summary>For a workstation to find the manager's new pod, on top of its grace period.</summary>
    public static readonly TimeSpan ReturnTime = TimeSpan.FromSeconds(30);

    /// <summary>A session without its object has this long for the watch to bring it.</summary>
    private static readonly TimeSpan ObjectDelay = TimeSpan.FromSeconds(10);

    /// <summary>While a manager's successor takes over, its predecessor still writes the status of its own sessions.</summary>
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(15);

    /// <summary>Expiry needs no better clock.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    /// <summary>Each object's status is written at most this often.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, ConnectionStatus> _written = new(StringComparer.Ordinal); // By uid.
    private readonly Dictionary<string, DateTimeOffset> _absentSince = new(StringComparer.Ordinal); // By uid.
    private readonly Signal _changed = new(timeProvider);

    /// <summary>Runs until it is told to stop; then the next manager takes over as it stands.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        store.Objects.Changed += OnObjectChanged;
        workstations.Changed += OnSessionChanged;
        try
        {
            await store.Objects.Synced.WaitAsync(cancellationToken);
            await announcement.Written.WaitAsync(cancellationToken);
            while (true)
            {
                await LookAtAllAsync(cancellationToken);
                await Task.Delay(Interval, timeProvider, cancellationToken);
                await _changed.WaitAsync(LookInterval, cancellationToken);
            }
        }
        finally
        {
            store.Objects.Changed -= OnObjectChanged;
            workstations.Changed -= OnSessionChanged;
        }
    }

    private void OnSessionChanged(WorkstationPeer workstation) => _changed.Raise();

    // A deleted Connection ends its session at once, without waiting for the next round.
    private void OnObjectChanged(ObjectKey key, ConnectionObject? before, ConnectionObject? after)
    {
        if (workstations.Find(key) is { } workstation
            && (after is null
                || after.Uid != workstation.Connection.Uid
                || after.Spec.PublicKeyFingerprint != workstation.Connection.Spec.PublicKeyFingerprint))
        {
            ConnectionsLog.Deleted(logger, key.ToString());
            tasks.Run(() => workstation.Session.DisposeAsync().AsTask());
        }

        _changed.Raise();
    }

    private async Task LookAtAllAsync(CancellationToken cancellationToken)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach ((ObjectKey key, ConnectionObject connection) in store.Objects.Items)
        {
            present.Add(connection.Uid);
            if (connection.Metadata.DeletionTimestamp is null)
            {
                await LookAtAsync(key, connection, cancellationToken);
            }
        }

        Forget(_written, present);
        Forget(_absentSince, present);
        EndSessionsWithoutObject();
    }

    // A Connection may have been deleted in the very moment in which its session was let in.
    private void EndSessionsWithoutObject()
    {
        foreach (WorkstationPeer workstation in workstations.All)
        {
            if (store.Objects.Find(workstation.Key)?.Uid != workstation.Connection.Uid
                && timeProvider.GetUtcNow() - workstation.Since > ObjectDelay)
            {
                ConnectionsLog.Deleted(logger, workstation.Key.ToString());
                tasks.Run(() => workstation.Session.DisposeAsync().AsTask());
            }
        }
    }

    private static void Forget<T>(Dictionary<string, T> table, HashSet<string> present)
    {
        foreach (string uid in table.Keys.Where(uid => !present.Contains(uid)).ToArray())
        {
            table.Remove(uid);
        }
    }

    private async Task LookAtAsync(ObjectKey key, ConnectionObject connection, CancellationToken cancellationToken)
    {
        WorkstationPeer? workstation = workstations.Find(key);
        SessionState state = workstation?.Session.State ?? SessionState.Ended;
        if (state is SessionState.Connected or SessionState.Connecting or SessionState.Reconnecting)
        {
            _absentSince.Remove(connection.Uid);
        }
        else
        {
            TimeSpan absence = AbsenceOf(connection);
            if (workstations.TakeExpired(connection.Uid) || absence >= connection.Grace + ReturnTime)
            {
                await ExpireAsync(key, connection, cancellationToken);
                return;
            }

            if (absence < HandOver)
            {
                return;
            }
        }

        ConnectionStatus status = StatusOf(connection, workstation, state);
        if (_written.GetValueOrDefault(connection.Uid, connection.Status ?? new()) != status)
        {
            await WriteAsync(key, connection, status, cancellationToken);
        }
    }

    private TimeSpan AbsenceOf(ConnectionObject connection)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        if (!_absentSince.TryGetValue(connection.Uid, out DateTimeOffset since))
        {
            _absentSince[connection.Uid] = since = now;
        }

        return now - since;
    }

    private static ConnectionStatus StatusOf(ConnectionObject connection, WorkstationPeer? workstation, SessionState state)
    {
        ConnectionStatus before = connection.Status ?? new();
        return state switch
        {
            SessionState.Connected or SessionState.Connecting => new ConnectionStatus
            {
                Phase = ConnectionPhase.Connected,
                SessionId = workstation!.Session.Id.ToString(),
                ConnectedSince = workstation.Since,
            },
            SessionState.Reconnecting => new ConnectionStatus
            {
                Phase = ConnectionPhase.Waiting,
                SessionId = workstation!.Session.Id.ToString(),
                ConnectedSince = workstation.Since,
                Message = "The workstation is away; its session waits for it.",
            },
            _ when before.Phase == ConnectionPhase.Pending => before,
            _ => before with { Phase = ConnectionPhase.Waiting, Message = "The session has ended; the workstation may begin a new one." },
        };
    }

    private async Task WriteAsync(
        ObjectKey key, ConnectionObject connection, ConnectionStatus status, CancellationToken cancellationToken)
    {
        // A merge patch deletes only what is null in it.
        JsonObject content = JsonSerializer.SerializeToNode(status, ProtocolJson.Default.ConnectionStatus)!.AsObject();
        content.TryAdd("message", null);
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = connection.Uid }, // Another object of that name is not meant.
            ["status"] = content,
        };
        try
        {
            await client.PatchAsync(ConnectionObject.Type, key.Namespace, key.Name, Patch.Merge(patch).OfStatus(), cancellationToken);
            _written[connection.Uid] = status;
        }
        catch (KubernetesApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // It is gone; the watch will tell.
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            ConnectionsLog.StatusNotWritten(logger, key.ToString(), e.Message);
        }
    }

    private async Task ExpireAsync(ObjectKey key, ConnectionObject connection, CancellationToken cancellationToken)
    {
        try
        {
            if (!await announcement.IsCurrentAsync(cancellationToken))
            {
                ConnectionsLog.TakenOver(logger);
                _absentSince.Remove(connection.Uid); // Theirs to judge; asked again after another grace period.
                return;
            }

            await client.DeleteAsync(
                ConnectionObject.Type, key.Namespace, key.Name, new DeleteOptions { Uid = connection.Uid }, cancellationToken);
            ConnectionsLog.Expired(logger, key.ToString());
            metrics.ConnectionExpired();
        }
        catch (KubernetesApiException e) when (e.IsNotFound || e.IsConflict)
        {
            // Somebody else was faster.
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            ConnectionsLog.NotDeleted(logger, key.ToString(), e.Message);
        }
    }
}
