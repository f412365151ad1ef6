using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>Finds the user's daemons, and clears away what dead ones left.</summary>
internal sealed class RunningDaemons(RuntimeDirectory runtime, TimeProvider time)
{
    /// <summary>A daemon answers in a millisecond; one that takes this long is stopped or swapped out.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(5);

    /// <summary>Who asks for a version wants it for a report, perhaps because a daemon does not answer.</summary>
    private static readonly TimeSpan LongestVersion = TimeSpan.FromSeconds(1);

    public IReadOnlyList<ConnectionDirectory> Alive() => [.. runtime.Connections().Where(DaemonLock.IsHeld)];

    /// <summary>The one that is meant: the named one, or the only one; null when nobody named one and there is none.</summary>
    public ConnectionDirectory? Choose(string? name)
    {
        IReadOnlyList<ConnectionDirectory> alive = Alive();
        var names = alive.Select(directory => directory.ConnectionName).ToArray();
        if (name is not null)
        {
            return alive.FirstOrDefault(directory => directory.ConnectionName == name)
                ?? throw CliErrors.ConnectionUnknown(name, names);
        }

        return alive.Count <= 1 ? alive.SingleOrDefault() : throw CliErrors.ConnectionAmbiguous(names);
    }

    /// <summary>The connection of a name, to a namespace, of a context; what is null does not matter when there is only one.</summary>
    public async Task<ConnectionDirectory> ChooseAsync(string? name, string? @namespace, string? context, CancellationToken cancellationToken)
    {
        var standing = new List<(ConnectionDirectory Directory, ConnectionInfo Connection)>();
        string? silent = null;
        foreach (ConnectionDirectory directory in name is null ? Alive() : [Choose(name)!])
        {
            (DaemonStatus? status, bool isSilent) = await AskAsync(directory, LongestAnswer, cancellationToken);
            if (status?.Connection is { } connection)
            {
                standing.Add((directory, connection));
            }
            else if (isSilent)
            {
                silent ??= directory.ConnectionName;
            }
        }

        var fitting = standing
            .Where(item => (@namespace ?? item.Connection.Namespace) == item.Connection.Namespace)
            .Where(item => (context ?? item.Connection.Context) == item.Connection.Context)
            .ToArray();
        return fitting.Length switch
        {
            1 => fitting[0].Directory,
            0 when silent is not null => throw CliErrors.DaemonUnresponsive(silent), // It may be the one that is meant.
            0 => throw CliErrors.ConnectionMissing(@namespace, context, [.. standing.Select(item => Place(item.Connection))]),
            _ => throw CliErrors.SelectionNeeded(fitting.Select(item => $"{item.Directory.ConnectionName} ({Place(item.Connection)})")),
        };
    }

    private static string Place(ConnectionInfo connection) => $"{connection.Namespace} of {connection.Context ?? connection.Server}";

    /// <summary>Everything that is connected, and once what has crashed.</summary>
    public async Task<StatusReport> ReportAsync(CancellationToken cancellationToken)
    {
        var connections = new List<ConnectionInfo>();
        var warnings = new List<WarningInfo>();
        foreach (ConnectionDirectory directory in runtime.Connections())
        {
            if (!DaemonLock.IsHeld(directory))
            {
                if (RemoveRemains(directory) is { } crashed)
                {
                    connections.Add(crashed);
                }

                continue;
            }

            (DaemonStatus? status, bool isSilent) = await AskAsync(directory, LongestAnswer, cancellationToken);
            if (isSilent)
            {
                warnings.Add(Silent(directory));
            }

            if (status is null)
            {
                continue;
            }

            if (status.Connection is not null)
            {
                connections.Add(status.Connection);
            }

            warnings.AddRange(status.Warnings);
            if (status.Version != ProductVersion.Text)
            {
                warnings.Add(Outdated(directory, status));
            }
        }

        return new StatusReport(connections, warnings);
    }

    /// <summary>What runs at the ends of everything that is connected.</summary>
    public async Task<IReadOnlyList<ConnectionVersions>> VersionsAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(Alive().Select(async directory =>
        {
            (DaemonStatus? status, _) = await AskAsync(directory, LongestVersion, cancellationToken);
            return new ConnectionVersions(directory.ConnectionName, status?.Version, status?.Connection?.ManagerVersion);
        }));

    /// <returns>No status: it takes too long to answer (IsSilent), or is just starting or ending.</returns>
    private async Task<(DaemonStatus? Status, bool IsSilent)> AskAsync(ConnectionDirectory directory, TimeSpan longest, CancellationToken cancellationToken)
    {
        using var client = new DaemonClient(directory);
        using var deadline = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return (await client.StatusAsync(either.Token), false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is OperationCanceledException or UserErrorException)
        {
            return (null, e is OperationCanceledException);
        }
    }

    // The lock is free and a socket is there: its daemon did not end in order.
    private ConnectionInfo? RemoveRemains(ConnectionDirectory directory)
    {
        if (!File.Exists(directory.DaemonSocket))
        {
            return null;
        }

        using DaemonLock? mine = DaemonLock.TryTake(directory);
        if (mine is null)
        {
            return null;
        }

        directory.RemoveSockets();
        return new ConnectionInfo
        {
            Name = directory.ConnectionName,
            Status = ConnectionState.Crashed,
            StatusSince = time.GetUtcNow(),
            Reason = $"the daemon died; its log is {directory.DaemonLog}",
        };
    }

    private WarningInfo Silent(ConnectionDirectory directory) => new(
        WarningCodes.DaemonSilent,
        CliErrors.DaemonUnresponsive(directory.ConnectionName).Message,
        CliErrors.DaemonUnresponsive(directory.ConnectionName).Hint,
        time.GetUtcNow(),
        directory.ConnectionName);

    private WarningInfo Outdated(ConnectionDirectory directory, DaemonStatus status) => new(
        WarningCodes.DaemonVersion,
        $"The daemon of connection '{directory.ConnectionName}' is version {status.Version}, this program {ProductVersion.Text}.",
        $"Connect again after: landline quit --name {directory.ConnectionName}",
        time.GetUtcNow(),
        directory.ConnectionName);
}
