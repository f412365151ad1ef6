using System.Runtime.InteropServices;

namespace Landline.Networking.Interop;

/// <summary>
/// The libc calls that this assembly makes, under their C names so that the manual page explains them.
/// Linux only: <c>open</c>, <c>fcntl</c> and <c>ioctl</c> are variadic, which macOS on arm64 calls differently.
/// </summary>
internal static partial class Libc
{
    internal const int O_RDWR = 0x2;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int EFD_CLOEXEC = O_CLOEXEC;
    internal const int F_GETFL = 3;
    internal const int F_SETFL = 4;
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int EINVAL = 22;
    internal const short POLLIN = 1;
    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial FileDescriptor open(string path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fcntl(FileDescriptor fd, int command, nint argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial FileDescriptor eventfd(uint initialValue, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(FileDescriptor fd, Span<byte> buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(FileDescriptor fd, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(Span<PollFd> fds, nuint count, int timeoutMilliseconds);
}

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollFd
{
    public int Fd;
    public short Events;
    public short ReturnedEvents;
}
