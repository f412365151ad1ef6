namespace Landline.Daemon.Api;

/// <summary>
/// Shows whether a connection's daemon lives: it holds an flock(2), which the kernel releases however it ends. A socket
/// file says nothing, since it stays behind.
/// </summary>
public sealed class DaemonLock : IDisposable
{
    private readonly FileStream _file;

    private DaemonLock(FileStream file) => _file = file;

    /// <summary>Null: another daemon has it, or another command is just looking.</summary>
    public static DaemonLock? TryTake(ConnectionDirectory directory)
    {
        try
        {
            return new DaemonLock(new FileStream(directory.Lock, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }));
        }
        catch (IOException) when (File.Exists(directory.Lock))
        {
            return null;
        }
    }

    public static bool IsHeld(ConnectionDirectory directory)
    {
        if (!File.Exists(directory.Lock))
        {
            return false;
        }

        using DaemonLock? mine = TryTake(directory);
        return mine is null;
    }

    public void Dispose() => _file.Dispose();
}
