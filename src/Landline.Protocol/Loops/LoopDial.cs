using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Protocol.Interop;

namespace Landline.Protocol.Loops;

/// <summary>
/// Connects TCP sockets on an event loop. A socket that .NET has connected stays with .NET's own socket thread, which
/// then wakes for each of its bytes although nobody waits there.
/// </summary>
public static class LoopDial
{
    /// <summary>The caller goes on in the loop's thread, where nothing may block.</summary>
    /// <exception cref="SocketException">The target refused, or cannot be reached.</exception>
    public static async Task<Socket> ConnectAsync(IPEndPoint target, EventLoop loop, CancellationToken cancellationToken)
    {
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Blocking = false;
            socket.NoDelay = true;
            await ConnectAsync(socket, target, loop, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The host's addresses one after the other; what the last one says is what is reported. The caller goes on on the
    /// thread pool.
    /// </summary>
    /// <exception cref="SocketException">No address of the host answers, or it has none.</exception>
    public static async Task<Socket> ConnectAsync(DnsEndPoint target, EventLoop loop, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        return addresses.Length > 0
            ? await ConnectAsync(addresses, target.Port, loop, cancellationToken)
            : throw new SocketException((int)SocketError.HostNotFound);
    }

    internal static async Task<Socket> ConnectAsync(
        IReadOnlyList<IPAddress> addresses, int port, EventLoop loop, CancellationToken cancellationToken)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(addresses[i], port), loop, cancellationToken);
            }
            catch (SocketException) when (i < addresses.Count - 1)
            {
                // The next one may answer.
            }
            finally
            {
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }
        }
    }

    private static async Task ConnectAsync(Socket socket, IPEndPoint target, EventLoop loop, CancellationToken cancellationToken)
    {
        SocketAddress address = target.Serialize();
        if (Libc.connect(socket.SafeHandle, address.Buffer.Span[..address.Size], (uint)address.Size) == 0)
        {
            return;
        }

        int error = Marshal.GetLastPInvokeError();
        if (error != Libc.EINPROGRESS)
        {
            throw new SocketException((int)ToSocketError(error));
        }

        using Readiness readiness = loop.Watch(socket.SafeHandle);
        await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static readiness => ((Readiness)readiness!).Interrupt(), readiness);
        while (!socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite))
        {
            await readiness.WaitWritableAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        var outcome = (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (outcome != SocketError.Success)
        {
            throw new SocketException((int)outcome);
        }
    }

    // Those of connect(2) that say something about the target; the kernel's words for the rest mean nothing to anybody.
    private static SocketError ToSocketError(int error) => error switch
    {
        Libc.ECONNREFUSED => SocketError.ConnectionRefused,
        Libc.ENETUNREACH => SocketError.NetworkUnreachable,
        Libc.EHOSTUNREACH => SocketError.HostUnreachable,
        Libc.ETIMEDOUT => SocketError.TimedOut,
        Libc.EPERM or Libc.EACCES => SocketError.AccessDenied,
        Libc.EADDRNOTAVAIL => SocketError.AddressNotAvailable,
        _ => SocketError.SocketError,
    };
}
