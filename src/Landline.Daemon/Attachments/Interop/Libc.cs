using System.Runtime.InteropServices;

namespace Landline.Daemon.Attachments.Interop;

/// <summary>
/// The libc calls for a child that speaks over a socket as its standard streams, which the base library cannot start.
/// The structures of posix_spawn are opaque and given more room than any libc uses.
/// </summary>
internal static unsafe partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int POSIX_SPAWN_SETPGROUP = 0x02;
    internal const int POSIX_SPAWN_SETSIGDEF = 0x04;
    internal const int POSIX_SPAWN_SETSIGMASK = 0x08;
    internal const int O_WRONLY = 1;
    internal const int O_CREAT = 0x40;
    internal const int O_TRUNC = 0x200;
    internal const int SIGKILL = 9;
    internal const int SIGPIPE = 13;
    internal const int EINTR = 4;

    /// <summary>glibc's largest of the three, <c>posix_spawnattr_t</c>, has 336 bytes.</summary>
    internal const int OpaqueBytes = 512;
    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int socketpair(int domain, int type, int protocol, int* descriptors);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int posix_spawn(
        out int pid, string path, byte* fileActions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_init(byte* fileActions);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int posix_spawn_file_actions_addopen(
        byte* fileActions, int descriptor, string path, int flags, uint mode);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_adddup2(byte* fileActions, int descriptor, int newDescriptor);

    [LibraryImport(Library)]
    internal static partial int posix_spawn_file_actions_destroy(byte* fileActions);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [LibraryImport(Library)]
    internal static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport(Library)]
    internal static partial int sigemptyset(byte* signals);

    [LibraryImport(Library)]
    internal static partial int sigaddset(byte* signals, int signal);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitpid(int pid, out int status, int options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int kill(int pid, int signal);
}
