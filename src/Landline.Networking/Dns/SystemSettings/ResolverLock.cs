namespace Landline.Networking.Dns.SystemSettings;

/// <summary>Held, by flock(2), while journal and resolv.conf change. Root's alone, or anybody could hold it for ever.</summary>
internal static class ResolverLock
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(10);
    private const UnixFileMode OnlyRoot = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode RootWrites = OnlyRoot | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <exception cref="ResolverException">Somebody else has held it for 5 s.</exception>
    public static async Task<IDisposable> TakeAsync(ResolverPaths paths, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(paths.Directory, RootWrites);
        long start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                // FileShare.None is flock(LOCK_EX | LOCK_NB) here.
                return new FileStream(paths.Lock, new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    UnixCreateMode = OnlyRoot,
                });
            }
            catch (IOException e) when (e.GetType() == typeof(IOException) && File.Exists(paths.Lock))
            {
                if (TimeProvider.System.GetElapsedTime(start) > Patience)
                {
                    throw new ResolverException($"another process has held {paths.Lock} for 5 s", e);
                }
            }

            await Task.Delay(RetryAfter, TimeProvider.System, cancellationToken);
        }
    }
}
