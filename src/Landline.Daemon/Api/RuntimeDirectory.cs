using System.Runtime.InteropServices;
using Landline.Daemon.Api.Interop;
using Landline.Daemon.Errors;

namespace Landline.Daemon.Api;

/// <summary>
/// The user's folder for sockets and logs of running connections, one subfolder for each. Its mode is 0700 and its
/// owner is checked, because the last resort for its place is /tmp, where anyone could have made it before.
/// </summary>
public sealed class RuntimeDirectory
{
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary><c>sockaddr_un.sun_path</c> has 108 bytes, the last of which is zero.</summary>
    private const int LongestSocketPath = 107;

    private RuntimeDirectory(string path) => Path = path;

    public string Path { get; }

    public static uint CurrentUserId => Libc.geteuid();

    /// <param name="environment">Reads a variable of the environment.</param>
    public static RuntimeDirectory ForCurrentUser(Func<string, string?> environment)
    {
        if (environment("LANDLINE_RUNTIME_DIR") is { Length: > 0 } chosen)
        {
            return new RuntimeDirectory(System.IO.Path.GetFullPath(chosen));
        }

        return new RuntimeDirectory(environment("XDG_RUNTIME_DIR") is { Length: > 0 } session
            ? System.IO.Path.Combine(session, "landline")
            : $"/tmp/landline-{CurrentUserId}");
    }

    /// <summary>The folder of a connection, made if it does not exist.</summary>
    public ConnectionDirectory Create(string connectionName)
    {
        CreateOwned(Path);
        ConnectionDirectory connection = For(connectionName);
        if (System.Text.Encoding.UTF8.GetByteCount(connection.HelperSocket) > LongestSocketPath)
        {
            throw DaemonErrors.RuntimeDirectoryTooLong(Path);
        }

        CreateOwned(connection.Path);
        return connection;
    }

    public ConnectionDirectory For(string connectionName) =>
        new(connectionName, System.IO.Path.Combine(Path, connectionName));

    /// <summary>Every connection that has a folder, running or not.</summary>
    public IReadOnlyList<ConnectionDirectory> Connections()
    {
        if (!Directory.Exists(Path))
        {
            return [];
        }

        CheckOwner(Path);
        return [.. Directory.GetDirectories(Path)
            .Select(System.IO.Path.GetFileName)
            .OfType<string>()
            .Order(StringComparer.Ordinal)
            .Select(For)];
    }

    private static void CreateOwned(string path)
    {
        try
        {
            Directory.CreateDirectory(path, OnlyOwner);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DaemonErrors.RuntimeDirectoryUnusable(path, e.Message, e);
        }

        CheckOwner(path);
    }

    private static void CheckOwner(string path)
    {
        if (Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, out FileStatus status) != 0)
        {
            throw DaemonErrors.RuntimeDirectoryUnusable(path, Marshal.GetLastPInvokeErrorMessage());
        }

        if ((status.Mode & Libc.S_IFMT) != Libc.S_IFDIR)
        {
            throw DaemonErrors.RuntimeDirectoryUnusable(path, "it is not a directory");
        }

        if (status.UserId != CurrentUserId)
        {
            throw DaemonErrors.RuntimeDirectoryUnusable(path, $"it belongs to user {status.UserId}");
        }

        if ((status.Mode & Libc.WritableByOthers) != 0)
        {
            throw DaemonErrors.RuntimeDirectoryUnusable(path, "others may write to it");
        }
    }
}
