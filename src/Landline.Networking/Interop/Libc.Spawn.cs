using System.Runtime.InteropServices;

namespace Landline.Networking.Interop;

/// <summary>
/// posix_spawn(3) and what belongs to it. Its structures are opaque and given more room than any libc uses. Those that
/// return an int return an error number instead of setting errno.
/// </summary>
internal static unsafe partial class Libc
{
    internal const int POSIX_SPAWN_SETPGROUP = 0x02;
    internal const int POSIX_SPAWN_SETSIGDEF = 0x04;
    internal const int POSIX_SPAWN_SETSIGMASK = 0x08;
    internal const int POSIX_SPAWN_SETSID = 0x80;
    internal const int O_RDONLY = 0;
    internal const int SIGPIPE = 13;
    internal const int WNOHANG = 1;

    /// <summary>glibc's largest of the three, <c>posix_spawnattr_t</c>, has 336 bytes.</summary>
    internal const int OpaqueBytes = 512;

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
