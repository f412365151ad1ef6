using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Landline.Protocol.Interop;

/// <summary>The libc calls that .NET's sockets have no words for, under their C names so that the manual page explains them.</summary>
internal static partial class Libc
{
    internal const int EPERM = 1;
    internal const int EINTR = 4;
    internal const int EACCES = 13;
    internal const int EADDRNOTAVAIL = 99;
    internal const int ENETUNREACH = 101;
    internal const int ETIMEDOUT = 110;
    internal const int ECONNREFUSED = 111;
    internal const int EHOSTUNREACH = 113;
    internal const int EINPROGRESS = 115;
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static unsafe partial int epoll_ctl(int epoll, int operation, SafeHandle descriptor, byte* @event);

    [LibraryImport(Library, SetLastError = true)]
    internal static unsafe partial int epoll_wait(int epoll, byte* events, int most, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial SafeFileHandle eventfd(uint initialValue, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint read(SafeHandle descriptor, ref ulong value, nuint bytes);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint write(SafeHandle descriptor, in ulong value, nuint bytes);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int connect(SafeHandle socket, ReadOnlySpan<byte> address, uint addressBytes);
}
