using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Installation;

/// <summary>Waits until the manager's Deployment has rolled out, and says in one sentence why it does not.</summary>
internal sealed class ManagerWait(
    KubernetesClient client, InstallOptions options, IProgress<string> progress, TimeProvider timeProvider)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>What does not heal by itself within this time is reported without waiting for the deadline.</summary>
    private static readonly TimeSpan PatienceWithTrouble = TimeSpan.FromSeconds(20);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset start = timeProvider.GetUtcNow();
        DateTimeOffset troubleSince = start;
        StartTrouble? trouble = null;
        while (true)
        {
            Workload? deployment = await client.FindAsync(
                ResourceTypes.Deployments, options.Namespace, ClusterObjects.Manager, cancellationToken);
            if (deployment is not null && IsRolledOut(deployment))
            {
                return;
            }

            StartTrouble? now = await FindTroubleAsync(deployment, cancellationToken);
            if (now != trouble)
            {
                (trouble, troubleSince) = (now, now?.Kind == trouble?.Kind ? troubleSince : timeProvider.GetUtcNow());
                if (now is not null)
                {
                    progress.Report(now.Reason);
                }
            }

            DateTimeOffset time = timeProvider.GetUtcNow();
            if (time - start >= options.Deadline
                || (trouble is { IsLasting: true } && time - troubleSince >= PatienceWithTrouble))
            {
                throw Explain(trouble);
            }

            await Task.Delay(Interval, timeProvider, cancellationToken);
        }
    }

    private static bool IsRolledOut(Workload deployment) =>
        deployment.Status.ObservedGeneration >= deployment.Metadata.Generation
        && deployment.Status.UpdatedReplicas >= (deployment.Spec.Replicas ?? 1)
        && deployment.Status.AvailableReplicas >= (deployment.Spec.Replicas ?? 1)
        && deployment.Status.Replicas <= deployment.Status.UpdatedReplicas;

    private UserErrorException Explain(StartTrouble? trouble) => trouble switch
    {
        { Kind: StartTroubleKind.Image } => InstallationErrors.ImageMissing(options.EffectiveImage, trouble.Reason),
        not null => InstallationErrors.ManagerDoesNotStart(options.Namespace, trouble.Reason),
        null => InstallationErrors.ManagerDoesNotStart(
            options.Namespace, $"it is not ready after {(int)options.Deadline.TotalSeconds} s"),
    };

    private async Task<StartTrouble?> FindTroubleAsync(Workload? deployment, CancellationToken cancellationToken)
    {
        var selector = Selector.ByLabels($"{ClusterObjects.NameLabel}={ClusterObjects.Manager}");
        IReadOnlyList<Pod> pods = await client.ListAsync(ResourceTypes.Pods, options.Namespace, selector, cancellationToken);
        Pod? newest = pods
            .Where(static pod => pod.Metadata.DeletionTimestamp is null)
            .MaxBy(static pod => pod.Metadata.CreationTimestamp);
        if (newest is null)
        {
            return deployment is null ? null : StartTrouble.OfDeployment(deployment);
        }

        return StartTrouble.OfPod(newest)
            ?? StartTrouble.OfEvents(await EventsOfAsync(newest, cancellationToken), newest);
    }

    private async Task<IReadOnlyList<ClusterEvent>> EventsOfAsync(Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ListAsync(
                ResourceTypes.Events, options.Namespace, new Selector(null, $"involvedObject.name={pod.Metadata.Name}"), cancellationToken);
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            return []; // Only an explanation is lost.
        }
    }
}
