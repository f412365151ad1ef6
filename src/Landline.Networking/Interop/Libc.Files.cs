using System.Runtime.InteropServices;

namespace Landline.Networking.Interop;

/// <summary>Calls that take paths relative to an open directory, and those that change a thread's identity for files.</summary>
internal static unsafe partial class Libc
{
    internal const int O_WRONLY = 0x1;
    internal const int O_ACCMODE = 0x3;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_NOCTTY = 0x100;
    internal const int O_TRUNC = 0x200;
    internal const int O_APPEND = 0x400;
    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const int AT_REMOVEDIR = 0x200;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const int AT_SYMLINK_FOLLOW = 0x400;
    internal const int O_PATH = 0x200000;
    internal const uint STATX_BASIC_STATS = 0x7FF;

    /// <summary>openat2(2): every component, symbolic links included, stays below the directory; implies no magic links.</summary>
    internal const ulong RESOLVE_IN_ROOT = 0x10;

    internal const uint S_IFMT = 0xF000;
    internal const uint S_IFREG = 0x8000;

    // These three have other values on x86-64 than on the architectures that share the generic table.
    internal static readonly int O_DIRECTORY = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;
    internal static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;
    internal static readonly nint SYS_setgroups = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 159 : 116;

    internal const nint SYS_openat2 = 437;

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint openat2(nint number, FileDescriptor directory, byte* path, OpenHow* how, nuint size);

    // The wrapper of glibc would change every thread of the process; the system call changes only its own.
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint setgroups(nint number, nint count, uint* groups);

    [LibraryImport(Library)]
    internal static partial int setfsuid(uint userId);

    [LibraryImport(Library)]
    internal static partial int setfsgid(uint groupId);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int statx(FileDescriptor directory, byte* path, int flags, uint mask, StatX* result);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fstatvfs(FileDescriptor file, ulong* result);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint readlinkat(FileDescriptor directory, byte* path, byte* target, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int unlinkat(FileDescriptor directory, byte* name, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mkdirat(FileDescriptor directory, byte* name, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int renameat(FileDescriptor from, byte* fromName, FileDescriptor to, byte* toName);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int symlinkat(byte* target, FileDescriptor directory, byte* name);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int linkat(FileDescriptor from, byte* fromName, FileDescriptor to, byte* toName, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchownat(FileDescriptor file, byte* path, uint userId, uint groupId, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chmod(string path, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int utimensat(int directory, string path, long* times, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchmod(FileDescriptor file, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int futimens(FileDescriptor file, long* times);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ftruncate(FileDescriptor file, long length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fsync(FileDescriptor file);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint pread(FileDescriptor file, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint pwrite(FileDescriptor file, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint getdents64(FileDescriptor directory, byte* buffer, nuint count);
}

/// <summary><c>struct open_how</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    public ulong Flags;
    public ulong Mode;
    public ulong Resolve;
}

/// <summary><c>struct statx</c>, the same on every architecture; 256 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatX
{
    [FieldOffset(16)]
    public uint Links;

    [FieldOffset(20)]
    public uint UserId;

    [FieldOffset(24)]
    public uint GroupId;

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(40)]
    public ulong Size;

    [FieldOffset(64)]
    public long AccessedSeconds;

    [FieldOffset(112)]
    public long ModifiedSeconds;
}
