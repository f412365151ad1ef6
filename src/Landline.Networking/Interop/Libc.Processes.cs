using System.Runtime.InteropServices;

namespace Landline.Networking.Interop;

/// <summary>Calls about this process.</summary>
internal static partial class Libc
{
    internal const int MADV_DONTNEED = 4;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setsid();

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int dup2(FileDescriptor source, int target);

    [LibraryImport(Library)]
    internal static partial int malloc_trim(nuint pad);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int madvise(nint address, nuint length, int advice);
}
