using System.Collections.Concurrent;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Replacing;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Attachments;

/// <summary>
/// Brings what is attached in line with the Attachment objects: one loop looks at everything whenever something has
/// changed, tells the agents what is wanted and the workstations what has become of it. All state belongs to the loop;
/// what other threads bring goes through <see cref="Wake"/> and the concurrent collections.
/// </summary>
internal sealed partial class AttachmentController : IDisposable
{
    /// <summary>How long a session has to say that an attachment is its own.</summary>
    private static readonly TimeSpan ConfirmationDeadline = TimeSpan.FromSeconds(5);

    /// <summary>Even when nothing seems to change: deadlines pass, and failed look-ups are tried again.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, AttachmentState> _states = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly WatchedSet<AttachmentObject, AttachmentObject> _objects;
    private readonly WatchedSet<Pod, Replica> _replicas;
    private readonly WorkloadFinder _workloads;
    private readonly WorkloadReplacer _replacer;
    private readonly WorkstationRegistry _workstations;
    private readonly WorkstationMessages _messages;
    private readonly ConnectionStore _connections;
    private readonly AttachmentRegistry _registry;
    private readonly AgentFleet _agents;
    private readonly AttachmentStatusWriter _statuses;
    private readonly Func<HttpMatch, HttpMatch, bool> _canBothMatch;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    public AttachmentController(
        KubernetesClient client,
        WorkstationRegistry workstations,
        WorkstationMessages messages,
        ConnectionStore connections,
        AttachmentRegistry registry,
        AgentFleet agents,
        WorkloadReplacer replacer,
        Func<HttpMatch, HttpMatch, bool> canBothMatch,
        TimeProvider timeProvider,
        ILogger logger)
    {
        (_workstations, _messages, _connections, _registry, _agents, _replacer) =
            (workstations, messages, connections, registry, agents, replacer);
        (_canBothMatch, _timeProvider, _logger) = (canBothMatch, timeProvider, logger);
        _objects = new(client, AttachmentObject.Type, static item => item, timeProvider, logger);
        _replicas = new(client, ResourceTypes.Pods, Replica.Of, timeProvider, logger);
        _workloads = new WorkloadFinder(client);
        _statuses = new AttachmentStatusWriter(client, timeProvider, logger);
        _objects.Changed += (_, _, _) => Wake();
        _replicas.Changed += (_, _, _) => Wake();
        _connections.Objects.Changed += (_, _, _) => Wake();
        _workstations.Changed += _ => Wake();
        _agents.Changed += Wake;
        _messages.AttachmentConfirmed += (workstation, confirmation) =>
        {
            workstation.Confirmed.Add(confirmation.Uid);
            Wake();
        };
    }

    /// <summary>The replicas that are attached, for whoever needs one of an attachment's pods. Any thread.</summary>
    public ConcurrentDictionary<ObjectKey, AttachedReplicas> Attached { get; } = new();

    /// <summary>Completes when every Attachment and every Connection that existed at one moment is known.</summary>
    public Task Known => Task.WhenAll(_objects.Synced, _connections.Objects.Synced);

    public IEnumerable<AttachmentObject> Objects => _objects.Items.Select(pair => pair.Value);

    /// <summary>Those whose Connection is there: the others are as good as gone, though their objects may stay for a while or for ever.</summary>
    public IEnumerable<AttachmentObject> Connected =>
        Objects.Where(item => IsThere(new ObjectKey(item.Metadata.Namespace ?? "", item.Spec.Connection), item.OwnerUid));

    /// <summary>The pods that can be attached to.</summary>
    public IEnumerable<Replica> Replicas => WithEnding.Where(pod => !pod.IsEnding);

    private IEnumerable<Replica> WithEnding => _replicas.Items.Select(pair => pair.Value);

    public Task RunAsync(CancellationToken cancellationToken) => Parts.RunAsync(
        [_objects.RunAsync, _replicas.RunAsync, _statuses.RunAsync, LoopAsync], cancellationToken);

    public void Dispose() => _changed.Dispose();

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        // Acting on half of the objects would undo what a manager of before has set up.
        await Task.WhenAll(Known, _replicas.Synced).WaitAsync(cancellationToken);
        while (true)
        {
            Forget();
            Look(cancellationToken);
            await _changed.WaitAsync(LongestRest, cancellationToken);
        }
    }

    private void Wake()
    {
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // The loop is going to look anyway.
        }
    }

    private void Forget()
    {
        HashSet<string> existing = [.. _objects.Items.Select(pair => pair.Value.Uid)];
        foreach ((string uid, AttachmentState state) in _states.Where(pair => !existing.Contains(pair.Key)).ToList())
        {
            _states.Remove(uid);
            Withdraw(state);
            Tell(state, new AttachmentStatus { Phase = AttachmentPhase.Ended });
            AttachmentsLog.Ended(_logger, state.Id);
        }
    }

    // Nothing more of it is taken, and what was taken is given back.
    private void Withdraw(AttachmentState state)
    {
        state.IsWithdrawn = true;
        _registry.Remove(state.Key);
        Attached.TryRemove(state.Key, out _);
        if (state.Spec.Type == AttachmentType.Replace)
        {
            _replacer.Release(state);
        }
    }

    // In the order in which they were made, so that the first one keeps what two want.
    private void Look(CancellationToken cancellationToken)
    {
        var claims = new PortClaims(_canBothMatch);
        var desired = new List<(string Node, AgentAttachment Attachment)>();
        IEnumerable<AttachmentObject> objects = _objects.Items
            .Select(pair => pair.Value)
            .Where(item => item.Metadata.DeletionTimestamp is null)
            .OrderBy(item => item.Metadata.CreationTimestamp)
            .ThenBy(item => item.Uid, StringComparer.Ordinal);
        var states = new List<AttachmentState>();
        foreach (AttachmentObject item in objects)
        {
            if (!_states.TryGetValue(item.Uid, out AttachmentState? state))
            {
                _states[item.Uid] = state = new AttachmentState(item, _timeProvider.GetUtcNow());
                if (item.Status is { Phase: AttachmentPhase.Refused } refused)
                {
                    state.Refusal = (refused.Reason ?? "Refused", refused.Message ?? "It was refused before.");
                }
            }

            // A session that confirms is a new one, and has not heard what became of its attachment.
            if (_workstations.Find(state.Connection)?.Confirmed.TakeNews(item.Uid) == true)
            {
                state.Told = null;
            }

            states.Add(state);
        }

        // Who has its ports already goes first: a second one must not displace it because it is older.
        foreach (AttachmentState state in states.OrderByDescending(state => state.HasClaimed))
        {
            int others = desired.Count;
            try
            {
                if (IsReady(state, cancellationToken))
                {
                    Place(state, claims, desired, cancellationToken);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                desired.RemoveRange(others, desired.Count - others);
                RefuseUnforeseen(state, e);
            }

            if (state.Refusal is not null && !state.IsWithdrawn)
            {
                Withdraw(state);
            }
        }

        _agents.SetDesired(desired);
        foreach (AttachmentState state in states)
        {
            NoteWaiting(state);
            AttachmentStatus status = StatusOf(state);
            state.IsActive = status.Phase == AttachmentPhase.Active;
            Tell(state, status);
        }
    }
}
