using System.Globalization;
using Landline.Daemon.Errors;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Connections;

/// <summary>Where the manager is at this moment and how it proves that it is the manager.</summary>
/// <param name="WebSocketPort">Null: it accepts no sessions over WebSockets.</param>
/// <param name="Pod">A pod that is ready; empty when only the key was asked for.</param>
internal sealed record ManagerLocation(string Fingerprint, int Port, int? WebSocketPort, string Pod);

/// <summary>Finds the manager. The answer is good for one dial: another pod has another key.</summary>
internal sealed class ManagerLocator(KubernetesClient cluster, string managerNamespace, TimeProvider time)
{
    private static readonly Selector ManagerPods = Selector.ByLabels($"{ClusterObjects.NameLabel}={ClusterObjects.Manager}");

    /// <exception cref="UserErrorException">Not installed, not ready, not allowed, or out of reach.</exception>
    public async Task<ManagerLocation> LocateAsync(bool withPod, CancellationToken cancellationToken)
    {
        // A server that is silent is waited for once, and not by one request after the other.
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<ConfigMap> settingsFound = FindSettingsAsync(giveUp);
        Task<string> pod = withPod ? FindPodAsync(giveUp) : Task.FromResult("");
        ConfigMap settings;
        try
        {
            settings = await settingsFound;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await pod; // It knows why.
            throw;
        }
        catch
        {
            // Its failure would be the same one, or a consequence.
            await giveUp.CancelAsync();
            await pod.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }

        string fingerprint = settings.Data.GetValueOrDefault(ClusterObjects.FingerprintKey, "");
        return new ManagerLocation(
            fingerprint.Length > 0 ? fingerprint : throw DaemonErrors.ManagerNotReady(managerNamespace),
            PortIn(settings, ClusterObjects.PortKey) ?? ClusterObjects.SessionPort,
            PortIn(settings, ClusterObjects.WebSocketPortKey),
            await pod);
    }

    private static int? PortIn(ConfigMap settings, string key) => int.TryParse(
        settings.Data.GetValueOrDefault(key, ""), NumberStyles.None, CultureInfo.InvariantCulture, out int port) ? port : null;

    private async Task<ConfigMap> FindSettingsAsync(CancellationTokenSource giveUp)
    {
        try
        {
            return await cluster.FindAsync(
                ResourceTypes.ConfigMaps, managerNamespace, ClusterObjects.Manager, giveUp.Token)
                ?? throw DaemonErrors.NotInstalled(managerNamespace, cluster.Settings.ContextName);
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw DaemonErrors.ManagerForbidden(managerNamespace, $"read the ConfigMap {ClusterObjects.Manager}");
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            throw await GiveUpAsync(giveUp, e, "give the manager's address");
        }
    }

    private async Task<string> FindPodAsync(CancellationTokenSource giveUp)
    {
        try
        {
            var pods = await cluster.ListAsync(ResourceTypes.Pods, managerNamespace, ManagerPods, giveUp.Token);
            Pod? newest = pods.Where(IsReady).MaxBy(pod => pod.Metadata.CreationTimestamp);
            return newest?.Metadata.Name ?? throw DaemonErrors.ManagerNotReady(managerNamespace);
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw DaemonErrors.ManagerForbidden(managerNamespace, "list pods");
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            throw await GiveUpAsync(giveUp, e, "list the manager's pods");
        }
    }

    private async Task<UserErrorException> GiveUpAsync(CancellationTokenSource giveUp, Exception failure, string what)
    {
        if (failure is KubernetesConnectionException)
        {
            await giveUp.CancelAsync();
        }

        return ClusterFailure.Explain(failure, cluster.Settings, time, what);
    }

    private static bool IsReady(Pod pod) =>
        pod.Metadata.DeletionTimestamp is null
        && pod.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" });
}
