using System.Runtime.InteropServices;

namespace Landline.Daemon.Attachments.Interop;

/// <summary>The libc call for two sockets that are connected to each other, which the base library cannot make.</summary>
internal static unsafe partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_CLOEXEC = 0x80000;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socketpair(int domain, int type, int protocol, int* descriptors);
}
