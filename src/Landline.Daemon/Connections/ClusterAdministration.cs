using System.Net;
using Landline.Daemon.Installation;
using Landline.Kubernetes;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Daemon.Connections;

/// <summary>What the CLI does in a cluster without a daemon: install, uninstall, and read the manager's logs.</summary>
public sealed class ClusterAdministration(ClusterTarget target, TimeProvider time) : IDisposable
{
    /// <summary>Some 1 MiB; what is older has little to do with what the user saw.</summary>
    private const int LogLines = 10_000;
    private static readonly Selector LandlinePods = Selector.ByLabels(
        $"{ClusterObjects.NameLabel} in ({ClusterObjects.Manager},{ClusterObjects.Agent})");

    private readonly KubernetesClient _cluster = new(target.Settings, time, NullLogger.Instance);

    /// <inheritdoc cref="KubernetesClient.LoginSays"/>
    public event Action<string>? LoginSays
    {
        add => _cluster.LoginSays += value;
        remove => _cluster.LoginSays -= value;
    }

    /// <exception cref="UserErrorException">It did not work, and why.</exception>
    public Task InstallAsync(InstallOptions options, IProgress<string> progress, CancellationToken cancellationToken) =>
        ExplainingAsync(
            "install Landline",
            async () =>
            {
                await Installer.InstallAsync(_cluster, options, progress, time, cancellationToken);
                return true;
            });

    /// <returns>False: there was nothing to remove.</returns>
    /// <exception cref="UserErrorException">It did not work, and why.</exception>
    public Task<bool> UninstallAsync(
        InstallOptions options, IProgress<string> progress, CancellationToken cancellationToken) => ExplainingAsync(
            "uninstall Landline",
            () => Installer.UninstallAsync(_cluster, options, progress, time, cancellationToken));

    /// <summary>The latest log lines of manager and agents, by pod; of one that cannot show its log, why.</summary>
    /// <exception cref="UserErrorException">The cluster cannot be reached or does not allow it.</exception>
    public Task<IReadOnlyDictionary<string, string>> ReadLogsAsync(
        string managerNamespace, CancellationToken cancellationToken) => ExplainingAsync(
            "show the manager's log",
            async () =>
            {
                var logs = new Dictionary<string, string>(StringComparer.Ordinal);
                foreach (Pod pod in await _cluster.ListAsync(ResourceTypes.Pods, managerNamespace, LandlinePods, cancellationToken))
                {
                    string name = pod.Metadata.Name!;
                    logs[name] = await LogOfAsync(managerNamespace, name, cancellationToken);
                }

                return (IReadOnlyDictionary<string, string>)logs;
            });

    public void Dispose() => _cluster.Dispose();

    private async Task<string> LogOfAsync(string managerNamespace, string pod, CancellationToken cancellationToken)
    {
        try
        {
            return await _cluster.GetLogAsync(managerNamespace, pod, null, LogLines, cancellationToken);
        }
        catch (KubernetesApiException e) when (e.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.InternalServerError)
        {
            // It is just starting, or ends, or its node does not answer: the others' logs are worth no less.
            return $"{e.Message}\n";
        }
    }

    private async Task<T> ExplainingAsync<T>(string action, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            throw ClusterFailure.Explain(e, target.Settings, time, action);
        }
    }
}
