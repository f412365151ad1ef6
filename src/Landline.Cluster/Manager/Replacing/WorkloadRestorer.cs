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
internal sealed class WorkloadRestorer(
    WorkloadTemplates templates, Func<IEnumerable<AttachmentObject>> attachments, TimeProvider timeProvider, ILogger logger)
{
    /// <summary>What a manager of before has left is found so often.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    /// <summary>After a restore that met somebody else's change; a workload that is rolled out changes its status all the time.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly Signal _wanted = new(timeProvider);
    private readonly ConcurrentDictionary<string, bool> _released = new(StringComparer.Ordinal); // By the attachment's uid.

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
            bool isDone = true;
            foreach (WorkloadKind kind in WorkloadKind.All.Where(kind => kind.Resource is not null))
            {
                isDone &= await TrySweepAsync(kind, cancellationToken);
            }

            if (isDone)
            {
                // Their objects are gone, and so is what they had changed.
                foreach (string uid in released.Where(uid => !existing.Contains(uid)))
                {
                    _released.TryRemove(uid, out _);
                }
            }

            await _wanted.WaitAsync(isDone ? SweepInterval : RetryPause, cancellationToken);
        }
    }

    // One that was refused, even after it was active, has no say any more, and is there until its owner deletes it.
    private bool WantsReplacement(AttachmentObject attachment) =>
        attachment.Metadata.DeletionTimestamp is null
        && attachment.Status?.Phase is not (AttachmentPhase.Refused or AttachmentPhase.Ended)
        && !_released.ContainsKey(attachment.Uid);

    private async Task<bool> TrySweepAsync(WorkloadKind kind, CancellationToken cancellationToken)
    {
        try
        {
            bool isDone = true;
            foreach (JsonObject workload in await templates.ListReplacedAsync(kind, cancellationToken))
            {
                isDone &= await TryRestoreAsync(kind, workload, cancellationToken);
            }

            return isDone;
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return true; // The cluster does not serve this kind.
        }
        catch (Exception e) when (e is KubernetesApiException or KubernetesConnectionException)
        {
            ReplacingLog.NotSwept(logger, kind.Name, e.Message);
            return true;
        }
    }

    // Whatever is the matter with one workload, the others come back.
    private async Task<bool> TryRestoreAsync(WorkloadKind kind, JsonObject workload, CancellationToken cancellationToken)
    {
        string display = $"{kind.Name.ToLowerInvariant()} {workload["metadata"]?["namespace"]}/{workload["metadata"]?["name"]}";
        try
        {
            if (ContainerSwap.UidOf(workload) is { } uid && FindHolder(uid) is null && ContainerSwap.Restore(workload))
            {
                await templates.WriteAsync(kind, workload, cancellationToken);
                ReplacingLog.Restored(logger, display);
            }

            return true;
        }
        catch (KubernetesApiException e) when (e.IsNotFound)
        {
            return true; // Deleted meanwhile.
        }
        catch (Exception e) when (e is KubernetesApiException or KubernetesConnectionException)
        {
            ReplacingLog.NotRestored(logger, display, e.Message);
            return e is not KubernetesApiException { StatusCode: HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            ReplacingLog.NotRestorable(logger, e, display);
            return true;
        }
    }
}
