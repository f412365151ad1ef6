using System.Runtime.InteropServices;

namespace Landline.Daemon.Api.Interop;

/// <summary>The libc calls that tell who owns a process or a file; the base library has none for it.</summary>
internal static partial class Libc
{
    internal const int AT_FDCWD = -100;
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;
    internal const uint STATX_BASIC_STATS = 0x7FF;
    internal const ushort S_IFMT = 0xF000;
    internal const ushort S_IFDIR = 0x4000;

    /// <summary>S_IWGRP | S_IWOTH.</summary>
    internal const ushort WritableByOthers = 0x12;
    private const string Library = "libc";

    [LibraryImport(Library)]
    internal static partial uint geteuid();

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int directory, string path, int flags, uint mask, out FileStatus status);
}

/// <summary>The beginning of <c>struct statx</c>, which, unlike <c>struct stat</c>, is the same on every architecture.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct FileStatus
{
    public uint Mask;
    public uint BlockSize;
    public ulong Attributes;
    public uint Links;
    public uint UserId;
    public uint GroupId;
    public ushort Mode;
}
