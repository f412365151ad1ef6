using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Watching;
using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>
/// Restores the workloads that no attachment wants changed (any more), one independently of the other. All that this takes is on
/// the workload itself, so it does not matter which manager has changed it. Thread-safe.
/// </summary>
/// <param name="attachments">Those whose Connection is there.</param>
/// <param name="pods">Those that run: they lead to workloads that do not say (any more) that they are changed.</param>
internal sealed class WorkloadRestorer(
    WorkloadTemplates templates, Func<IEnumerable<AttachmentObject>> attachments, Func<IEnumerable<Replica>> pods, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>What a manager of before has left is found so often.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    /// <summary>After a restore that met somebody else's change; a workload that is rolled out changes its status all the time.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly Signal _wanted = new(timeProvider);
    private readonly ConcurrentDictionary<string, bool> _released = new(StringComparer.Ordinal); // By the attachment's uid.

    // What could not be done in the sweep before and in this one: it is told of when it begins, not at every try.
    private HashSet<string> _failedBefore = new(StringComparer.Ordinal);
    private HashSet<string> _failed = new(StringComparer.Ordinal);

    /// <summary>The attachment that a workload is to stay changed for; null: nobody's any more.</summary>
    public AttachmentObject? FindHolder(string uid) => attachments().FirstOrDefault(item => item.Uid == uid && WantsReplacement(item));

    /// <summary>The attachment has its workload changed, whatever was said of it before.</summary>
    public void Keep(string uid) => _released.TryRemove(uid, out _);

    /// <summary>The attachment has no say any more, though its object may still be there: its workload is restored at once.</summary>
    public void Release(string uid)
    {
        _released[uid] = true;
        SweepNow();
    }

    public void SweepNow() => _wanted.Raise();

    /// <summary>Until the manager stops.</summary>
    public async Task RunAsync(Task attachmentsKnown, CancellationToken cancellationToken)
    {
        await attachmentsKnown.WaitAsync(cancellationToken);
        while (true)
        {
            HashSet<string> existing = [.. attachments().Select(item => item.Uid)];
            string[] released = [.. _released.Keys];
            bool isDone = await SweepAsync(cancellationToken);

            // An object that is gone holds nothing, with or without a word on it.
            foreach (string uid in released.Where(uid => !existing.Contains(uid)))
            {
                _released.TryRemove(uid, out _);
            }

            await _wanted.WaitAsync(isDone ? SweepInterval : RetryPause, cancellationToken);
        }
    }

    // One that was refused, even after it was active, has no say any more, and is there until its owner deletes it.
    private bool WantsReplacement(AttachmentObject attachment) =>
        attachment.Metadata.DeletionTimestamp is null
        && attachment.Status?.Phase is not (AttachmentPhase.Refused or AttachmentPhase.Ended)
        && !_released.ContainsKey(attachment.Uid);

    /// <returns>False: somebody else was at it, and it is tried again soon.</returns>
    private async Task<bool> SweepAsync(CancellationToken cancellationToken)
    {
        (_failedBefore, _failed) = (_failed, new(StringComparer.Ordinal));
        bool isDone = true;
        foreach (WorkloadKind kind in WorkloadKind.All.Where(kind => kind.Resource is not null))
        {
            isDone &= await TrySweepAsync(kind, cancellationToken);
        }

        IEnumerable<Replica> left = pods().Where(pod => ContainerSwap.UidOf(pod) is { } uid && FindHolder(uid) is null);
        foreach ((WorkloadKind kind, string ns, string name) in PlaceholderOwners.Of(left))
        {
            isDone &= await TryRestoreAsync(kind, ns, name, null, cancellationToken);
        }

        return isDone;
    }

    private async Task<bool> TrySweepAsync(WorkloadKind kind, CancellationToken cancellationToken)
    {
        IReadOnlyList<JsonObject> replaced;
        try
        {
            replaced = await templates.ListReplacedAsync(kind, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return true; // The cluster does not serve this kind.
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            if (IsNews(kind.Name))
            {
                ReplacingLog.NotSwept(logger, kind.Name, e.Message);
            }

            return true; // Sooner would not help.
        }

        if (_failedBefore.Contains(kind.Name))
        {
            ReplacingLog.SweptAgain(logger, kind.Name);
        }

        bool isDone = true;
        foreach (JsonObject workload in replaced)
        {
            isDone &= await TryRestoreAsync(
                kind, workload["metadata"]?["namespace"]?.ToString() ?? "", workload["metadata"]?["name"]?.ToString() ?? "", workload, cancellationToken);
        }

        return isDone;
    }

    // Whatever is the matter with one workload, the others come back.
    private async Task<bool> TryRestoreAsync(WorkloadKind kind, string ns, string name, JsonObject? listed, CancellationToken cancellationToken)
    {
        string display = $"{kind.Name.ToLowerInvariant()} {ns}/{name}";
        try
        {
            JsonObject workload = listed ?? await templates.GetAsync(kind, ns, name, cancellationToken);
            if (ContainerSwap.UidOf(workload) is { } uid && FindHolder(uid) is null && ContainerSwap.Restore(workload))
            {
                await templates.WriteAsync(kind, workload, cancellationToken);
                ReplacingLog.Restored(logger, display);
            }
            else if (ContainerSwap.HasLostRecord(workload) && IsNews(display))
            {
                ReplacingLog.RecordLost(logger, display);
            }

            return true;
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return true; // Deleted meanwhile.
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            if (IsNews(display))
            {
                ReplacingLog.NotRestored(logger, display, e.Message);
            }

            return e is not KubernetesApiException { StatusCode: HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (IsNews(display))
            {
                ReplacingLog.NotRestorable(logger, e, display);
            }

            return true;
        }
    }

    // Notes that it failed in this sweep.
    private bool IsNews(string what) => _failed.Add(what) && !_failedBefore.Contains(what);
}
