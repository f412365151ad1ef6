using System.Runtime.InteropServices;

namespace Landline.Networking.Interop;

/// <summary>Calls about namespaces.</summary>
internal static partial class Libc
{
    internal const int CLONE_NEWNET = 0x40000000;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setns(int fd, int type);
}
