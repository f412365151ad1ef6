using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Daemon.Connections;
using Landline.Daemon.Diagnostics;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>
/// Packs what helps to find out what went wrong: versions, status, and the logs of CLI, daemons, net helpers, manager
/// and agents. What looks like a secret is taken out. A part that cannot be had is replaced by the reason.
/// </summary>
internal sealed class LogBundle(
    RuntimeDirectory runtime, Func<ClusterTarget> target, string managerNamespace, TimeProvider time)
{
    /// <summary>A cluster that cannot be reached must not hold up the rest.</summary>
    private static readonly TimeSpan LongestCluster = TimeSpan.FromSeconds(20);

    /// <summary>The folder itself and those of the connections. Below them containers' files may be mounted, which are nobody's to pass on.</summary>
    private static readonly EnumerationOptions Places = new() { RecurseSubdirectories = true, MaxRecursionDepth = 1 };

    private readonly List<string> _entries = [];

    /// <returns>The names of what is in it.</returns>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public async Task<IReadOnlyList<string>> WriteAsync(string path, CancellationToken cancellationToken)
    {
        // Only the owner may read it: redaction is a second line and no promise.
        await using FileStream file = Open(path);
        await using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        await AddAsync(zip, "about.txt", About(), cancellationToken);
        await AddAsync(zip, "status.json", await StatusAsync(cancellationToken), cancellationToken);
        foreach (string log in LocalLogs())
        {
            string name = Path.GetRelativePath(runtime.Path, log);
            await AddAsync(zip, name, await File.ReadAllTextAsync(log, cancellationToken), cancellationToken);
        }

        foreach ((string pod, string log) in await ClusterLogsAsync(cancellationToken))
        {
            await AddAsync(zip, $"cluster/{pod}.log", log, cancellationToken);
        }

        return _entries;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliErrors.FileUnwritable(path, e.Message);
        }
    }

    private async Task AddAsync(ZipArchive zip, string name, string text, CancellationToken cancellationToken)
    {
        await using Stream entry = await zip.CreateEntry(name).OpenAsync(cancellationToken);
        await entry.WriteAsync(Encoding.UTF8.GetBytes(Redaction.Apply(text)), cancellationToken);
        _entries.Add(name);
    }

    private string About() => string.Create(
        CultureInfo.InvariantCulture,
        $"landline {ProductVersion.Text}\n{Environment.OSVersion}\n{time.GetUtcNow():u}\nroot: {Environment.IsPrivilegedProcess}\n");

    private async Task<string> StatusAsync(CancellationToken cancellationToken)
    {
        StatusReport report = await new RunningDaemons(runtime, time).ReportAsync(cancellationToken);
        return JsonSerializer.Serialize(report, DaemonJson.Default.StatusReport);
    }

    private IEnumerable<string> LocalLogs() => Directory.Exists(runtime.Path)
        ? Directory.EnumerateFiles(runtime.Path, "*.log*", Places).Order(StringComparer.Ordinal)
        : [];

    private async Task<IReadOnlyDictionary<string, string>> ClusterLogsAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(LongestCluster, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var cluster = new ClusterAdministration(target(), time);
            return await cluster.ReadLogsAsync(managerNamespace, either.Token);
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
}
