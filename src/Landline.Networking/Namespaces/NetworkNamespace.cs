using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Networking.Interop;

namespace Landline.Networking.Namespaces;

/// <summary>
/// A network namespace that is held open, so that it stays what it is even when its process ends and another gets its
/// id. Makes sockets that live in it; using them needs no further care. Any thread may call.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    // include/uapi/linux/in.h and in6.h.
    private const int SolIp = 0;
    private const int IpTransparent = 19;
    private const int SolIpv6 = 41;
    private const int Ipv6Transparent = 75;

    private readonly FileDescriptor _descriptor;

    private NetworkNamespace(FileDescriptor descriptor, string path) => (_descriptor, Path) = (descriptor, path);

    /// <summary>Where it was opened. For programs that enter by themselves prefer <see cref="DescriptorPath"/>.</summary>
    public string Path { get; }

    /// <summary>A path that leads to this namespace as long as this object and this process live.</summary>
    public string DescriptorPath => $"/proc/{Environment.ProcessId}/fd/{_descriptor.DangerousGetHandle()}";

    /// <exception cref="NamespaceException">No such process, or not allowed to look at it.</exception>
    public static NetworkNamespace OfProcess(int processId) => Open($"/proc/{processId}/ns/net");

    /// <param name="path">Such as <c>/proc/1/ns/net</c> or <c>/run/netns/NAME</c>.</param>
    /// <exception cref="NamespaceException">It cannot be opened.</exception>
    public static NetworkNamespace Open(string path)
    {
        FileDescriptor descriptor = Libc.open(path, Libc.O_CLOEXEC);
        int error = Marshal.GetLastPInvokeError();
        return descriptor.IsInvalid
            ? throw new NamespaceException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}", error)
            : new NetworkNamespace(descriptor, path);
    }

    /// <summary>A TCP socket that listens inside.</summary>
    /// <exception cref="NamespaceException">The namespace cannot be entered.</exception>
    /// <exception cref="SocketException">The address is taken or not there.</exception>
    public Socket Listen(IPEndPoint endPoint, int backlog, NamespaceSocketOptions options)
    {
        Socket socket = OpenSocket(endPoint.AddressFamily, SocketType.Stream, options);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A UDP socket that is bound inside.</summary>
    /// <exception cref="NamespaceException">The namespace cannot be entered.</exception>
    /// <exception cref="SocketException">The address is taken or not there.</exception>
    public Socket BindUdp(IPEndPoint endPoint, NamespaceSocketOptions options)
    {
        Socket socket = OpenSocket(endPoint.AddressFamily, SocketType.Dgram, options);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.Bind(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A TCP connection made from inside.</summary>
    /// <exception cref="NamespaceException">The namespace cannot be entered.</exception>
    /// <exception cref="SocketException">The connection failed.</exception>
    public async ValueTask<Socket> ConnectAsync(
        IPEndPoint endPoint, NamespaceSocketOptions options, CancellationToken cancellationToken)
    {
        Socket socket = OpenSocket(endPoint.AddressFamily, SocketType.Stream, options);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(endPoint, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A TCP or UDP socket of this namespace, neither bound nor connected.</summary>
    /// <exception cref="NamespaceException">The namespace cannot be entered, or has no such addresses (IPv6 switched off).</exception>
    public Socket OpenSocket(AddressFamily family, SocketType type, NamespaceSocketOptions options)
    {
        int domain = family == AddressFamily.InterNetwork ? Libc.AF_INET : Libc.AF_INET6;
        int kind = type == SocketType.Stream ? Libc.SOCK_STREAM : Libc.SOCK_DGRAM;
        var socket = new Socket(NetworkNamespaceThread.Shared.OpenSocket(_descriptor, domain, kind, protocol: 0));
        try
        {
            Apply(socket, family, options);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket of any kind, for netlink and the like; numbers as in socket(2).</summary>
    /// <exception cref="NamespaceException">The namespace cannot be entered, or the kernel has no such sockets.</exception>
    public SafeSocketHandle OpenRawSocket(int domain, int type, int protocol) =>
        NetworkNamespaceThread.Shared.OpenSocket(_descriptor, domain, type, protocol);

    public void Dispose() => _descriptor.Dispose();

    private static void Apply(Socket socket, AddressFamily family, NamespaceSocketOptions options)
    {
        if (options.ReuseAddress)
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        }

        if (family == AddressFamily.InterNetworkV6)
        {
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.IPv6Only, options.IPv6Only);
        }

        if (options.Transparent)
        {
            bool ipv6 = family == AddressFamily.InterNetworkV6;
            socket.SetRawSocketOption(ipv6 ? SolIpv6 : SolIp, ipv6 ? Ipv6Transparent : IpTransparent, BitConverter.GetBytes(1));
        }

        if (options.Mark != 0)
        {
            Span<byte> mark = stackalloc byte[sizeof(uint)];
            BitConverter.TryWriteBytes(mark, options.Mark);
            socket.SetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_MARK, mark);
        }
    }
}
