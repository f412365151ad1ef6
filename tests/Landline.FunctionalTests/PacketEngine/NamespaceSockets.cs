using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Landline.FunctionalTests.PacketEngine;

/// <summary>
/// Sockets that live in a named network namespace while this process stays in its own: a thread of its own enters the
/// namespace for one call to socket(2) and ends.
/// </summary>
internal static partial class NamespaceSockets
{
    private const int O_RDONLY = 0;
    private const int O_CLOEXEC = 0x80000;
    private const int CLONE_NEWNET = 0x40000000;

    public static Socket Create(string @namespace, AddressFamily family, SocketType type)
    {
        int descriptor = -1;
        int error = 0;
        var thread = new Thread(() => descriptor = CreateInside(@namespace, family, type, out error));
        thread.Start();
        thread.Join();
        return descriptor < 0 ? throw new Win32Exception(error) : new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
    }

    public static Socket Listen(string @namespace, IPEndPoint endPoint)
    {
        Socket listener = Create(@namespace, endPoint.AddressFamily, SocketType.Stream);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(endPoint);
        listener.Listen(8192);
        return listener;
    }

    // Nothing here may start a thread or queue work: it would inherit the namespace.
    private static int CreateInside(string @namespace, AddressFamily family, SocketType type, out int error)
    {
        int file = open($"/run/netns/{@namespace}", O_RDONLY | O_CLOEXEC);
        int descriptor = file < 0 || setns(file, CLONE_NEWNET) < 0
            ? -1
            : socket(family == AddressFamily.InterNetworkV6 ? 10 : 2, (type == SocketType.Stream ? 1 : 2) | O_CLOEXEC, 0);
        error = Marshal.GetLastPInvokeError();
        _ = close(file);
        return descriptor;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(int descriptor, int kind);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
