using System.Globalization;
using System.Text.Json.Nodes;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Connections;

/// <summary>
/// The ConfigMap that tells workstations by which key to know the manager. The last manager to write it is the one in
/// charge: during an update the old pod still serves its sessions, but leaves the Connection objects alone. When the pod of the
/// one in charge is gone and this manager is not, it takes charge again: of two pods Kubernetes removes the newer one.
/// </summary>
/// <param name="pod">The one that this manager runs in.</param>
internal sealed class Announcement(
    KubernetesClient client,
    string managerNamespace,
    string pod,
    string fingerprint,
    int port,
    int webSocketPort,
    string version,
    TimeProvider timeProvider,
    ILogger logger)
{
    /// <summary>Key of the ConfigMap that is of interest to managers alone.</summary>
    private const string PodKey = "pod";

    private static readonly TimeSpan DelayAfterFailure = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the ConfigMap names this manager for the first time.</summary>
    public Task Written => _written.Task;

    /// <summary>Writes it, and again whenever somebody has deleted it, or who has written it is gone.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        bool failing = false;
        while (true)
        {
            TimeSpan delay = CheckInterval;
            try
            {
                if (!_written.Task.IsCompleted || !await IsAnybodyInChargeAsync(cancellationToken))
                {
                    await WriteAsync(cancellationToken);
                    _written.TrySetResult();
                }

                failing = false;
            }
            catch (Exception e) when (KubernetesFailure.Is(e))
            {
                if (!failing)
                {
                    ConnectionsLog.NotAnnounced(logger, e.Message);
                    failing = true;
                }

                delay = DelayAfterFailure;
            }

            await Task.Delay(delay, timeProvider, cancellationToken);
        }
    }

    /// <summary>Whether this manager is the one in charge. Asks the API server.</summary>
    public async Task<bool> IsCurrentAsync(CancellationToken cancellationToken) => IsOwn(await FindAsync(cancellationToken));

    private bool IsOwn(ConfigMap? map) => map?.Data.GetValueOrDefault(ClusterObjects.FingerprintKey) == fingerprint;

    private async Task<bool> IsAnybodyInChargeAsync(CancellationToken cancellationToken)
    {
        ConfigMap? map = await FindAsync(cancellationToken);
        if (map?.Data.GetValueOrDefault(ClusterObjects.FingerprintKey) is null)
        {
            return false;
        }

        // A manager of an older version does not say where it runs.
        return IsOwn(map)
            || map.Data.GetValueOrDefault(PodKey) is not { } other
            || await client.FindAsync(ResourceTypes.Pods, managerNamespace, other, cancellationToken) is { Status.Phase: not ("Failed" or "Succeeded") };
    }

    private Task<ConfigMap?> FindAsync(CancellationToken cancellationToken) =>
        client.FindAsync(ResourceTypes.ConfigMaps, managerNamespace, ClusterObjects.Manager, cancellationToken);

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        var manifest = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject
            {
                ["name"] = ClusterObjects.Manager,
                ["namespace"] = managerNamespace,
                ["labels"] = new JsonObject { [ClusterObjects.ManagedByLabel] = ClusterObjects.ManagedBy },
            },
            ["data"] = new JsonObject
            {
                [ClusterObjects.FingerprintKey] = fingerprint,
                [ClusterObjects.PortKey] = port.ToString(CultureInfo.InvariantCulture),
                [ClusterObjects.WebSocketPortKey] = webSocketPort.ToString(CultureInfo.InvariantCulture),
                [ClusterObjects.VersionKey] = version,
                [PodKey] = pod,
            },
        };
        await client.ApplyAsync(
            ResourceTypes.ConfigMaps, managerNamespace, ClusterObjects.Manager, manifest,
            new ApplyOptions(ClusterObjects.Manager, Force: true), cancellationToken);
    }
}
