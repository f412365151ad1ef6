using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Networking.Interop;

namespace Landline.Networking.Routes;

/// <summary>
/// Tells when this machine's links, addresses or routes change, by rtnetlink. Many changes at once, such as a Wi-Fi
/// coming up, are reported twice: at the first, and after the last.
/// </summary>
public sealed class RouteMonitor : IAsyncDisposable
{
    private const uint RTMGRP_LINK = 0x1;
    private const uint RTMGRP_IPV4_IFADDR = 0x10;
    private const uint RTMGRP_IPV4_ROUTE = 0x40;
    private const uint RTMGRP_IPV6_IFADDR = 0x100;
    private const uint RTMGRP_IPV6_ROUTE = 0x400;
    private const uint Groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;

    // Bringing up a link makes some ten messages within about 100 ms.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);

    // On a machine whose routes change all the time the second report must come nevertheless.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
    private readonly Socket _netlink;
    private readonly Action _changed;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    private RouteMonitor(Socket netlink, Action changed, TimeProvider time)
    {
        (_netlink, _changed, _time) = (netlink, changed, time);
        _watching = Task.Run(() => WatchAsync(_stop.Token));
    }

    /// <param name="changed">Called on a pool thread, never twice at once; must not throw.</param>
    /// <exception cref="SocketException">The kernel refused the socket.</exception>
    public static RouteMonitor Start(Action changed, TimeProvider time)
    {
        int descriptor = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, Libc.NETLINK_ROUTE);
        return descriptor >= 0
            ? Start(new SafeSocketHandle(descriptor, ownsHandle: true), changed, time)
            : throw new SocketException(Marshal.GetLastPInvokeError());
    }

    /// <param name="netlink">A socket for <c>NETLINK_ROUTE</c> of the network namespace to watch; taken over.</param>
    internal static unsafe RouteMonitor Start(SafeSocketHandle netlink, Action changed, TimeProvider time)
    {
        var socket = new Socket(netlink);
        var address = new NetlinkAddress { Family = Libc.AF_NETLINK, Groups = Groups };
        if (Libc.bind((int)netlink.DangerousGetHandle(), &address, (uint)sizeof(NetlinkAddress)) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            socket.Dispose();
            throw new SocketException(error);
        }

        return new RouteMonitor(socket, changed, time);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _netlink.Dispose();
        _stop.Dispose();
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        byte[] buffer = new byte[8192];
        try
        {
            while (true)
            {
                await ReceiveAsync(buffer, stop);
                _changed();
                if (await DrainAsync(buffer, stop))
                {
                    _changed();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
    }

    // True when more came before it was quiet.
    private async Task<bool> DrainAsync(byte[] buffer, CancellationToken stop)
    {
        bool more = false;
        long start = _time.GetTimestamp();
        while (_time.GetElapsedTime(start) < Longest)
        {
            using var quiet = new CancellationTokenSource(Quiet, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, quiet.Token);
            try
            {
                await ReceiveAsync(buffer, either.Token);
                more = true;
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                return more;
            }
        }

        return more;
    }

    private async Task ReceiveAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            await _netlink.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            // Messages were lost (ENOBUFS): something has changed, which is all that counts here.
            return;
        }
    }

    /// <summary><c>struct sockaddr_nl</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NetlinkAddress
    {
        public ushort Family;
        public ushort Padding;
        public uint ProcessId;
        public uint Groups;
    }
}
