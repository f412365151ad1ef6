using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Landline.Networking.Interop;

/// <summary>Calls about where and how files are stored.</summary>
internal static partial class Libc
{
    internal const long TMPFS_MAGIC = 0x01021994;
    internal const long RAMFS_MAGIC = 0x858458F6;
    internal const int FALLOC_FL_KEEP_SIZE = 1;
    internal const int ENOSPC = 28;
    internal const int EDQUOT = 122;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fallocate(SafeHandle fd, int mode, long offset, long length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial int statfs(string path, FileSystemStatus* status);

    /// <summary>Takes the space for a file of this size, without changing its length.</summary>
    /// <exception cref="IOException">There is none. File systems that cannot reserve are no failure.</exception>
    internal static void Reserve(SafeHandle file, int bytes)
    {
        if (bytes > 0 && fallocate(file, FALLOC_FL_KEEP_SIZE, 0, bytes) < 0
            && Marshal.GetLastPInvokeError() is ENOSPC or EDQUOT)
        {
            throw new IOException(new Win32Exception(Marshal.GetLastPInvokeError()).Message);
        }
    }

    /// <summary>The magic number of the file system that a path is on, or 0.</summary>
    internal static unsafe long FileSystemType(string path)
    {
        FileSystemStatus status;
        return statfs(path, &status) == 0 ? status.Type : 0;
    }
}

/// <summary><c>struct statfs</c> of 64-bit Linux: 120 bytes, of which only the first field is read.</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
internal struct FileSystemStatus
{
    public long Type;
}
