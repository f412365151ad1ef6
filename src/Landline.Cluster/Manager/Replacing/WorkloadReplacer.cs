using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>
/// Puts placeholders into workloads for as long as an attachment of type Replace exists. Everything it needs to know to
/// undo is on the workload itself, so that another manager, or this one after a restart, can: the sweep does.
/// </summary>
internal sealed class WorkloadReplacer(
    KubernetesClient client, string image, string pullPolicy, Func<IEnumerable<AttachmentObject>> attachments,
    Func<IEnumerable<Replica>> replicas, TimeProvider timeProvider, ILogger logger)
    : IDisposable
{
    /// <summary>A restore that the API server did not take, and what a manager of before has left, is found so often.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    /// <summary>After a try that failed.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Attempt> _attempts = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _sweep = new(0, 1);

    /// <summary>Asked by the controller's loop. True when the template is changed and no pod of before is left.</summary>
    public bool IsReplaced(AttachmentState state, Action wake, CancellationToken cancellationToken)
    {
        if (!_attempts.TryGetValue(state.Object.Uid, out Attempt? attempt)
            || (attempt.HasFailed && timeProvider.GetElapsedTime(attempt.Begun) >= RetryPause))
        {
            _attempts[state.Object.Uid] = new Attempt(timeProvider.GetTimestamp(), ReplaceAsync(state, wake, cancellationToken));
            return false;
        }

        WorkloadView workload = state.Workload!;
        state.IsReplaced = attempt.HasSucceeded
            && replicas().Where(pod => pod.Namespace == workload.Namespace && workload.Owns(pod.Name, pod.Owner, pod.Labels))
                .All(pod => IsReplacement(state, pod));
        return state.IsReplaced;
    }

    public static bool IsReplacement(AttachmentState state, Replica pod) =>
        pod.Annotations.GetValueOrDefault(ContainerSwap.PodAnnotation) == state.Object.Uid;

    /// <summary>The attachment has gone: its workload is restored at once.</summary>
    public void Release(AttachmentState state)
    {
        if (_attempts.Remove(state.Object.Uid))
        {
            SweepNow();
        }
    }

    /// <summary>Restores what no attachment wants changed, until the manager stops.</summary>
    public async Task RunAsync(Task attachmentsKnown, CancellationToken cancellationToken)
    {
        await attachmentsKnown.WaitAsync(cancellationToken);
        while (true)
        {
            foreach (WorkloadKind kind in WorkloadKind.All)
            {
                try
                {
                    await SweepAsync(kind, cancellationToken);
                }
                catch (KubernetesApiException e) when (e.IsNotFound)
                {
                    // The cluster does not serve this kind.
                }
                catch (Exception e) when (e is KubernetesApiException or KubernetesConnectionException)
                {
                    ReplacingLog.NotSwept(logger, kind.Name, e.Message);
                }
            }

            // Woken early when an attachment has gone.
            using var rest = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(_sweep.WaitAsync(rest.Token), Task.Delay(SweepInterval, timeProvider, rest.Token));
            await rest.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void Dispose() => _sweep.Dispose();

    private void SweepNow()
    {
        try
        {
            _sweep.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is going to look anyway.
        }
    }

    // True: the template is changed.
    private async Task<bool> ReplaceAsync(AttachmentState state, Action wake, CancellationToken cancellationToken)
    {
        await Task.Yield();
        WorkloadView view = state.Workload!;
        ResourceType<JsonObject> type = JsonType(view.Kind);
        try
        {
            JsonObject workload = await client.GetAsync(type, view.Namespace, view.Name, cancellationToken);
            if (ContainerSwap.UidOf(workload) == state.Object.Uid)
            {
                return true;
            }

            if (!ContainerSwap.Replace(workload, state.Ports!.Container, state.Object.Uid, image, pullPolicy))
            {
                // Another attachment's: its sweep comes first, then this is tried again.
                return false;
            }

            await PatchAsync(type, view.Namespace, view.Name, workload, cancellationToken);
            ReplacingLog.Replaced(logger, state.Ports.Container, view.DisplayName, state.Id);
            return true;
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            state.Refusal = ("ReplaceForbidden", $"The manager may not change {view.DisplayName}: {e.Message}");
            return false;
        }
        catch (Exception e) when (e is KubernetesApiException or KubernetesConnectionException)
        {
            ReplacingLog.NotReplaced(logger, view.DisplayName, e.Message);
            return false;
        }
        finally
        {
            wake();
        }
    }

    private async Task SweepAsync(WorkloadKind kind, CancellationToken cancellationToken)
    {
        if (kind.Resource is null)
        {
            return;
        }

        ResourceType<JsonObject> type = JsonType(kind);
        foreach (JsonObject workload in await client.ListAsync(type, null, Selector.ByLabels(ContainerSwap.Label), cancellationToken))
        {
            string? uid = ContainerSwap.UidOf(workload);
            if (attachments().Any(item => item.Uid == uid && item.Metadata.DeletionTimestamp is null) || !ContainerSwap.Restore(workload))
            {
                continue;
            }

            string ns = workload["metadata"]!["namespace"]!.GetValue<string>();
            string name = workload["metadata"]!["name"]!.GetValue<string>();
            await PatchAsync(type, ns, name, workload, cancellationToken);
            ReplacingLog.Restored(logger, kind.Name, ns, name);
        }
    }

    // Only what was changed, and only if nobody else has changed the object since it was read.
    private async Task PatchAsync(ResourceType<JsonObject> type, string ns, string name, JsonObject workload, CancellationToken cancellationToken)
    {
        JsonNode metadata = workload["metadata"]!;
        await client.PatchAsync(
            type,
            ns,
            name,
            Patch.Json(new JsonArray(
                new JsonObject { ["op"] = "test", ["path"] = "/metadata/resourceVersion", ["value"] = metadata["resourceVersion"]!.DeepClone() },
                new JsonObject { ["op"] = "add", ["path"] = "/metadata/annotations", ["value"] = metadata["annotations"]?.DeepClone() ?? new JsonObject() },
                new JsonObject { ["op"] = "add", ["path"] = "/metadata/labels", ["value"] = metadata["labels"]?.DeepClone() ?? new JsonObject() },
                new JsonObject { ["op"] = "replace", ["path"] = "/spec/template", ["value"] = workload["spec"]!["template"]!.DeepClone() })),
            cancellationToken);
    }

    /// <param name="Begun">Timestamp.</param>
    private sealed record Attempt(long Begun, Task<bool> Result)
    {
        public bool HasSucceeded => Result is { IsCompletedSuccessfully: true, Result: true };

        public bool HasFailed => Result.IsCompleted && !HasSucceeded;
    }

    private static ResourceType<JsonObject> JsonType(WorkloadKind kind)
    {
        ResourceType<Workload> typed = kind.Resource!;
        return new(typed.Group, typed.Version, typed.Plural, typed.Kind, true, ManagerJson.Default.JsonObject);
    }
}
