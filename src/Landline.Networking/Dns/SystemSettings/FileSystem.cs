using Landline.Networking.Interop;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>What kind of storage a file is on.</summary>
internal static class FileSystem
{
    /// <summary>False for memory (tmpfs, ramfs), which a reboot empties. When in doubt, true.</summary>
    public static bool Survives(string path) => Libc.FileSystemType(path) is not (Libc.TMPFS_MAGIC or Libc.RAMFS_MAGIC);
}
