using System.Runtime.InteropServices;
using Landline.Networking.Interop;

namespace Landline.Networking.Files;

/// <summary>
/// A directory that no path leaves: every name is resolved by openat2(2) with RESOLVE_IN_ROOT, so that absolute names,
/// <c>..</c> and symbolic links mean what they mean to a process whose root it is. Made for <c>/proc/PID/root</c>,
/// through which the container's own mounts are seen. Paths are bytes, as the kernel has them, and hold no NUL.
/// Any thread may call; each call acts with the identity of its thread.
/// </summary>
public sealed partial class ContainerRoot : IDisposable
{
    private readonly FileDescriptor _root;

    private ContainerRoot(FileDescriptor root) => _root = root;

    /// <exception cref="FileError">The directory cannot be opened, most often because its process has ended.</exception>
    public static ContainerRoot Open(string directory)
    {
        FileDescriptor root = Libc.open(directory, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        return root.IsInvalid ? throw FileError.OfLastCall() : new ContainerRoot(root);
    }

    /// <summary>Opens a regular file. Others (devices, pipes) are refused: opening them can block or act.</summary>
    /// <param name="mode">Permissions of a file that is created.</param>
    public ContainerFile OpenFile(ReadOnlySpan<byte> path, FileUse use, uint mode)
    {
        int flags = Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY
            | (use.HasFlag(FileUse.Write) ? (use.HasFlag(FileUse.Read) ? Libc.O_RDWR : Libc.O_WRONLY) : 0)
            | (use.HasFlag(FileUse.Append) ? Libc.O_APPEND : 0)
            | (use.HasFlag(FileUse.Create) ? Libc.O_CREAT : 0)
            | (use.HasFlag(FileUse.Truncate) ? Libc.O_TRUNC : 0)
            | (use.HasFlag(FileUse.New) ? Libc.O_EXCL : 0);

        if (!use.HasFlag(FileUse.Create))
        {
            RefuseUnlessRegular(GetStatus(path, followLink: true));
        }

        var file = new ContainerFile(Resolve(path, flags, use.HasFlag(FileUse.Create) ? mode & 0xFFF : 0));
        try
        {
            RefuseUnlessRegular(file.GetStatus());
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public ContainerDirectory OpenDirectory(ReadOnlySpan<byte> path) =>
        new(Resolve(path, Libc.O_DIRECTORY | Libc.O_CLOEXEC, mode: 0));

    public FileStatus GetStatus(ReadOnlySpan<byte> path, bool followLink)
    {
        using FileDescriptor file = Resolve(path, Libc.O_PATH | Libc.O_CLOEXEC | (followLink ? 0 : Libc.O_NOFOLLOW), mode: 0);
        return StatusOf(file);
    }

    public unsafe byte[] ReadLink(ReadOnlySpan<byte> path)
    {
        using FileDescriptor link = Resolve(path, Libc.O_PATH | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, mode: 0);
        Span<byte> target = stackalloc byte[4096];
        byte empty = 0;
        fixed (byte* buffer = target)
        {
            return target[..(int)Checked(Libc.readlinkat(link, &empty, buffer, (nuint)target.Length))].ToArray();
        }
    }

    /// <summary>Size and use of the file system that holds a path: the eleven numbers of <c>struct statvfs</c>, in its order.</summary>
    public unsafe ulong[] GetFileSystemStatus(ReadOnlySpan<byte> path)
    {
        using FileDescriptor file = Resolve(path, Libc.O_PATH | Libc.O_CLOEXEC, mode: 0);
        ulong[] numbers = new ulong[16];
        fixed (ulong* first = numbers)
        {
            Checked(Libc.fstatvfs(file, first));
        }

        return numbers[..11];
    }

    public void Dispose() => _root.Dispose();

    internal static unsafe FileStatus StatusOf(FileDescriptor file)
    {
        StatX status;
        byte empty = 0;
        Checked(Libc.statx(file, &empty, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status));
        return new FileStatus(
            status.Mode, status.Links, status.UserId, status.GroupId, status.Size, status.AccessedSeconds, status.ModifiedSeconds);
    }

    internal static nint Checked(nint result) => result < 0 ? throw FileError.OfLastCall() : result;

    private static void RefuseUnlessRegular(FileStatus status)
    {
        if ((status.Mode & Libc.S_IFMT) != Libc.S_IFREG)
        {
            throw new FileError(FileError.NotSupported);
        }
    }

    private unsafe FileDescriptor Resolve(ReadOnlySpan<byte> path, int flags, uint mode)
    {
        var how = new OpenHow { Flags = (uint)flags, Mode = mode, Resolve = Libc.RESOLVE_IN_ROOT };
        fixed (byte* name = Terminated(path.IsEmpty ? "/"u8 : path))
        {
            nint fd = Checked(Libc.openat2(Libc.SYS_openat2, _root, name, &how, (nuint)sizeof(OpenHow)));
            var file = new FileDescriptor();
            Marshal.InitHandle(file, fd);
            return file;
        }
    }

    private static byte[] Terminated(ReadOnlySpan<byte> path) => [.. path, 0];
}
