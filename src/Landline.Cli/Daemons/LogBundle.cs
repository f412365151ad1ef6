using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Landline.Cli.Output;
using Landline.Daemon.Api;
using Landline.Daemon.Diagnostics;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;

namespace Landline.Cli.Daemons;

/// <summary>
/// Packs what helps to find out what went wrong: versions, status, and the logs of CLI, daemons, net helpers, manager
/// and agents. What looks like a secret is taken out.
/// </summary>
/// <param name="named">The cluster that the user named; where nothing is connected, the one that would be.</param>
/// <param name="onlyNamed">The user named one: no other is asked.</param>
internal sealed class LogBundle(RuntimeDirectory runtime, ClusterLogSource named, bool onlyNamed, TimeProvider time)
{
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
        StatusReport report = await new RunningDaemons(runtime, time).ReportAsync(cancellationToken);
        await AddAsync(zip, "status.json", JsonSerializer.Serialize(report, DaemonJson.Default.StatusReport), cancellationToken);
        foreach (string log in LocalLogs())
        {
            try
            {
                string text = await File.ReadAllTextAsync(log, cancellationToken);
                await AddAsync(zip, Path.GetRelativePath(runtime.Path, log), text, cancellationToken);
            }
            catch (FileNotFoundException)
            {
                // Somebody else's command has just begun a new one.
            }
        }

        var connected = onlyNamed ? [] : ClusterLogs.SourcesOf(report.Connections);
        IReadOnlyList<ClusterLogSource> sources = connected.Count > 0 ? connected : [named];
        foreach ((string name, string log) in await new ClusterLogs(time).ReadAsync(sources, cancellationToken))
        {
            await AddAsync(zip, name, log, cancellationToken);
        }

        return _entries;
    }

    private static FileStream Open(string path)
    {
        const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        FileStream? file = null;
        try
        {
            file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = ForOwner });
            File.SetUnixFileMode(file.SafeFileHandle, ForOwner); // One that was there has its own mode.
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
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

    private IEnumerable<string> LocalLogs() => Directory.Exists(runtime.Path)
        ? Directory.EnumerateFiles(runtime.Path, "*.log*", Places).Order(StringComparer.Ordinal)
        : [];
}
