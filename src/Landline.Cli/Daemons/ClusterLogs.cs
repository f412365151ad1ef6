using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>
/// The logs of managers and agents, as files: of each cluster that something is connected to, with that connection's own
/// kubeconfig, user and namespace, since the context may have been switched meanwhile. What cannot be had is replaced by
/// the reason.
/// </summary>
internal sealed class ClusterLogs(TimeProvider time)
{
    /// <summary>A cluster that cannot be reached must not hold up the rest.</summary>
    private static readonly TimeSpan LongestCluster = TimeSpan.FromSeconds(20);

    /// <summary>Where connections say that a manager is, each manager once.</summary>
    public static IReadOnlyList<ClusterLogSource> SourcesOf(IEnumerable<ConnectionInfo> connections) =>
    [
        .. connections
            .Where(static connection => connection is { Namespace: not null, ManagerNamespace: not null })
            .DistinctBy(static connection => (connection.Server ?? connection.Name, connection.ManagerNamespace))
            .Select(static connection => new ClusterLogSource(
                connection.Name, () => ClusterTarget.Load(RequestOf(connection)), connection.ManagerNamespace!)),
    ];

    /// <returns>File names and texts.</returns>
    public async Task<IReadOnlyList<(string Name, string Text)>> ReadAsync(
        IReadOnlyList<ClusterLogSource> sources, CancellationToken cancellationToken)
    {
        var read = await Task.WhenAll(sources.Select(source => ReadAsync(source, cancellationToken)));
        return
        [
            .. sources.Zip(read).SelectMany(item => item.Second.Select(log => (
                sources.Count == 1 ? $"cluster/{log.Key}.log" : $"cluster/{item.First.Connection}/{log.Key}.log", log.Value))),
        ];
    }

    private async Task<IReadOnlyDictionary<string, string>> ReadAsync(ClusterLogSource source, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(LongestCluster, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var cluster = new ClusterAdministration(source.Target(), time);
            return await cluster.ReadLogsAsync(source.ManagerNamespace, either.Token);
        }
        catch (UserErrorException e)
        {
            return new Dictionary<string, string> { ["unavailable"] = $"{e.Message}\n{e.Hint}\n" };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Dictionary<string, string> { ["unavailable"] = "The cluster did not answer in time.\n" };
        }
    }

    private static ConnectRequest RequestOf(ConnectionInfo connection) => new()
    {
        Name = connection.Name,
        Namespace = connection.Namespace!,
        Context = connection.Context,
        ActAs = connection.ActAs,
        KubeconfigFile = connection.KubeconfigFile,
        Kubeconfig = connection.Kubeconfig,
    };
}

/// <summary>One manager and its agents.</summary>
/// <param name="Connection">For file names.</param>
/// <param name="Target">Reads the kubeconfig, which may fail.</param>
internal sealed record ClusterLogSource(string Connection, Func<ClusterTarget> Target, string ManagerNamespace);
