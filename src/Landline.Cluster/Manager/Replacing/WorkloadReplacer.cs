using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Workloads;
using Landline.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>
/// Puts placeholders into workloads for as long as an attachment of type Replace exists, and looks now and then whether they are
/// still there. Everything it needs to know to undo is on the workload itself (<see cref="WorkloadRestorer"/>).
/// Used by the controller's loop alone.
/// </summary>
internal sealed class WorkloadReplacer
{
    /// <summary>
    /// Somebody's <c>helm upgrade</c> is answered by changing the workload again. What undoes it time after time is a controller
    /// that keeps the workload as it is written down somewhere; each round is a rollout, so it is given in to.
    /// </summary>
    public const int MostSwaps = 3;

    /// <summary>Between two looks at a workload, whether the first one has succeeded or not.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Look> _looks = new(StringComparer.Ordinal); // By the attachment's uid.
    private readonly WorkloadTemplates _templates;
    private readonly WorkloadRestorer _restorer;
    private readonly string _image;
    private readonly string _pullPolicy;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    /// <param name="attachments">Those whose Connection is there.</param>
    public WorkloadReplacer(
        KubernetesClient client,
        string image,
        string pullPolicy,
        Func<IEnumerable<AttachmentObject>> attachments,
        Func<IEnumerable<Replica>> pods,
        TimeProvider timeProvider,
        ILogger logger)
    {
        (_image, _pullPolicy, _timeProvider, _logger) = (image, pullPolicy, timeProvider, logger);
        _templates = new WorkloadTemplates(client);
        _restorer = new WorkloadRestorer(_templates, attachments, pods, timeProvider, logger);
    }

    /// <summary>Whether a pod comes from a template that was changed for the attachment.</summary>
    public static bool IsReplacement(AttachmentState state, Replica pod) => ContainerSwap.UidOf(pod) == state.Object.Uid;

    /// <summary>The attachment that a workload is to stay changed for; null: nobody's any more.</summary>
    public AttachmentObject? FindHolder(string uid) => _restorer.FindHolder(uid);

    /// <summary>Changes the attachment's workload if it is not yet, or not any more. Returns what is known of it now; null: nothing yet.</summary>
    /// <param name="wake">Called when there is something new.</param>
    public Swap? See(AttachmentState state, Action wake, CancellationToken cancellationToken)
    {
        string uid = state.Object.Uid;
        _restorer.Keep(uid);
        Look? last = _looks.GetValueOrDefault(uid);
        if (last is { Result.IsFaulted: true })
        {
            _looks.Remove(uid);
            ExceptionDispatchInfo.Throw(last.Result.Exception!.InnerException!);
        }

        Swap? found = last is { Result: { IsCompletedSuccessfully: true, Result: var seen } } ? seen : last?.Before;
        if (last is null || (last.Result.IsCompleted && _timeProvider.GetElapsedTime(last.Begun) >= LookInterval))
        {
            int swaps = (found as Swap.Done)?.Count ?? last?.Swaps ?? 0;
            _looks[uid] = new Look(_timeProvider.GetTimestamp(), found, swaps, LookAsync(state, found, swaps, wake, cancellationToken));
        }

        return found;
    }

    /// <summary>The attachment has gone or is refused: its workload is restored at once.</summary>
    public void Release(AttachmentState state)
    {
        _looks.Remove(state.Object.Uid);
        _restorer.Release(state.Object.Uid);
    }

    /// <summary>Restores what no attachment wants changed, until the manager stops.</summary>
    public Task RunAsync(Task attachmentsKnown, CancellationToken cancellationToken) => _restorer.RunAsync(attachmentsKnown, cancellationToken);

    private async Task<Swap> LookAsync(AttachmentState state, Swap? before, int swaps, Action wake, CancellationToken cancellationToken)
    {
        await Task.Yield();
        WorkloadView view = state.Workload!;
        JsonObject? workload = null;
        try
        {
            workload = await _templates.GetAsync(view.Kind, view.Namespace, view.Name, cancellationToken);
            return await SwapAsync(state, workload, swaps, cancellationToken);
        }
        catch (Exception e) when (workload is null && before is Swap.Done && KubernetesFailure.Is(e))
        {
            return before; // Nobody knows of a change.
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            return new Swap.Refused("ReplaceForbidden", $"The manager may not change {view.DisplayName}: {e.Message}");
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            var notYet = new Swap.NotYet($"{view.CapitalName} cannot be changed now: {e.Message.TrimEnd('.')}.");
            if (before != notYet)
            {
                ReplacingLog.NotReplaced(_logger, view.DisplayName, e.Message);
            }

            return notYet;
        }
        finally
        {
            wake();
        }
    }

    private async Task<Swap> SwapAsync(AttachmentState state, JsonObject workload, int swaps, CancellationToken cancellationToken)
    {
        WorkloadView view = state.Workload!;
        string uid = state.Object.Uid;
        string container = state.Ports!.Container;
        if (ContainerSwap.UidOf(workload) is { } other && other != uid)
        {
            if (_restorer.FindHolder(other) is { } holder)
            {
                return new Swap.Taken(holder);
            }

            // Here and not by a sweep, which finds neither label nor pods where one that runs no pods was rolled back to a placeholder.
            ContainerSwap.Restore(workload);
            await _templates.WriteAsync(view.Kind, workload, cancellationToken);
            ReplacingLog.Restored(_logger, view.DisplayName);
            return new Swap.NotYet($"{view.CapitalName} is being restored after another attachment.");
        }

        if (ContainerSwap.Find(workload, uid) is var (mark, count))
        {
            return new Swap.Done(mark, count);
        }

        if (ContainerSwap.HasLostRecord(workload))
        {
            return new Swap.Refused(
                "OriginalUnknown",
                $"{view.CapitalName} says that it has a placeholder ({ContainerSwap.PodAnnotation} in its template), and not what stood there before: deploy it anew.");
        }

        // What somebody else has brought is the original from now on, and the pods that it has made are none of ours.
        swaps = Math.Max(swaps, ContainerSwap.SwapsOf(workload));
        if (swaps >= MostSwaps)
        {
            return new Swap.Refused("WorkloadChanged", $"{view.CapitalName} was changed by somebody else while it was replaced.");
        }

        if (swaps > 0)
        {
            ReplacingLog.ChangedElsewhere(_logger, view.DisplayName, state.Id);
        }

        ContainerSwap.Restore(workload);
        if (!ContainerSwap.Replace(workload, container, uid, swaps + 1, _image, _pullPolicy))
        {
            return new Swap.Refused("ContainerNotFound", $"There is no container '{container}' in {view.DisplayName} any more.");
        }

        await _templates.WriteAsync(view.Kind, workload, cancellationToken);
        ReplacingLog.Replaced(_logger, container, view.DisplayName, state.Id);
        if (_restorer.FindHolder(uid) is null)
        {
            _restorer.SweepNow(); // Released meanwhile: the sweep that followed may have come too early.
        }

        return ContainerSwap.Find(workload, uid) is var (newMark, newCount) ? new Swap.Done(newMark, newCount) : new Swap.NotYet("It is looked at again.");
    }

    /// <param name="Begun">Timestamp.</param>
    /// <param name="Before">What the look before this one has found.</param>
    /// <param name="Swaps">How often the workload had been changed when this one began.</param>
    private sealed record Look(long Begun, Swap? Before, int Swaps, Task<Swap> Result);
}
