using System.Runtime.InteropServices;
using Landline.Daemon.Attachments.Interop;

namespace Landline.Daemon.Attachments.Mounts;

/// <summary>A path as the kernel's table of mounts has it: no link in it, no slash behind it.</summary>
internal static class RealPath
{
    /// <exception cref="IOException">There is no such file or folder, or it cannot be reached.</exception>
    public static unsafe string Of(string path)
    {
        byte* resolved = stackalloc byte[Libc.PATH_MAX];
        return Libc.realpath(path, resolved) is null
            ? throw new IOException(Marshal.GetLastPInvokeErrorMessage())
            : Marshal.PtrToStringUTF8((nint)resolved)!;
    }

    /// <summary>Without a look at the last part, which may be a mount that nobody answers for.</summary>
    public static string OfParent(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(path);
        return Path.GetDirectoryName(full) is { } parent && Directory.Exists(parent)
            ? Path.Combine(Of(parent), Path.GetFileName(full))
            : full;
    }
}
