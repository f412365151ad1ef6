using Landline.Daemon.Api;
using Landline.Daemon.Errors;
using Landline.Networking.Processes;
using Landline.Protocol.Errors;

namespace Landline.Daemon.Attachments.Mounts;

/// <summary>
/// A folder that files are mounted on, and the note of it that outlives this process: what a daemon that was killed has
/// left, the next command finds and takes away.
/// </summary>
internal sealed class MountPlace
{
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string NoteExtension = ".mount";

    /// <summary>It waits for nobody (umount(2), MNT_DETACH): only a busy machine takes longer than a moment to start the tool.</summary>
    private static readonly TimeSpan LongestUnmount = TimeSpan.FromSeconds(5);

    private readonly string _note;
    private readonly bool _wasMade;

    private MountPlace(string path, string note, string log, bool wasMade) =>
        (Path, _note, Log, _wasMade) = (path, note, log, wasMade);

    /// <summary>As in the kernel's table of mounts: without links.</summary>
    public string Path { get; }

    /// <summary>What sshfs complains of.</summary>
    public string Log { get; }

    /// <param name="path">Null: a folder of the attachment's own under the connection's.</param>
    /// <exception cref="UserErrorException">The folder cannot be made, is not empty, or has a mount already.</exception>
    public static MountPlace Take(ConnectionDirectory directory, string attachment, string? path)
    {
        string mounts = directory.Mounts;
        path ??= System.IO.Path.Combine(mounts, attachment);
        try
        {
            Directory.CreateDirectory(mounts, OnlyOwner);
            RefuseMounted(path, RealPath.OfParent(path));
            bool existed = Directory.Exists(path);
            RefuseMounted(path, existed ? RealPath.Of(path) : path);
            if (existed && Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw DaemonErrors.MountPathUnusable(path, "it is not empty");
            }

            string note = System.IO.Path.Combine(mounts, attachment + NoteExtension);
            Directory.CreateDirectory(path, OnlyOwner);
            string real = RealPath.Of(path);
            File.WriteAllLines(note, [real, existed ? "kept" : "made"]);
            return new MountPlace(real, note, System.IO.Path.Combine(mounts, attachment + ".log"), wasMade: !existed);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DaemonErrors.MountPathUnusable(path, e.Message, e);
        }
    }

    private static void RefuseMounted(string path, string real)
    {
        if (MountTable.Contains(real))
        {
            throw DaemonErrors.MountPathUnusable(path, "something is mounted there");
        }
    }

    /// <summary>The places of daemons that ended without giving them back.</summary>
    public static IEnumerable<MountPlace> Left(ConnectionDirectory directory)
    {
        if (!Directory.Exists(directory.Mounts))
        {
            yield break;
        }

        foreach (string note in Directory.GetFiles(directory.Mounts, "*" + NoteExtension))
        {
            if (Read(note) is [var path, var kind])
            {
                yield return new MountPlace(
                    path, note, System.IO.Path.ChangeExtension(note, ".log"), wasMade: kind == "made");
            }
        }
    }

    // Whoever it is of may take it away in the same moment.
    private static string[] Read(string note)
    {
        try
        {
            return File.ReadAllLines(note);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Takes away what is mounted, also from under a process that uses it and when nobody answers for it.</summary>
    public async Task UnmountAsync()
    {
        if (!MountTable.Contains(Path))
        {
            return;
        }

        string tool = SystemTool.Exists("fusermount3") ? "fusermount3" : "fusermount";
        try
        {
            await SystemTool.RunAsync(tool, ["-u", "-z", Path], "", LongestUnmount, CancellationToken.None);
        }
        catch (ToolFailedException)
        {
            // Whoever looks at the table next sees that it is still there.
            return;
        }
    }

    /// <summary>Nothing of it is left but a folder that was there before.</summary>
    public async Task GiveBackAsync()
    {
        try
        {
            await UnmountAsync();
            if (_wasMade)
            {
                Directory.Delete(Path);
            }

            File.Delete(Log);
            File.Delete(_note);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Still mounted, or nobody can tell, or somebody put something there: the note stays, and the next command tries again.
            return;
        }
    }
}
