using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Networking.Interop;

namespace Landline.Networking.Namespaces;

/// <summary>
/// Sees IP packets that arrive in a network namespace, before its firewall does, and delays and changes none of them.
/// What the kernel merges or does not cut arrives as one packet of up to 64 KiB, with checksums that need not be right.
/// One task receives.
/// </summary>
public sealed class PacketTap : IDisposable
{
    /// <summary>The largest IP packet; the kernel makes larger ones only where "BIG TCP" was switched on.</summary>
    public const int LargestPacketBytes = 64 * 1024;

    private readonly Socket _socket;
    private readonly ulong[] _filter;

    private PacketTap(Socket socket, ulong[] filter) => (_socket, _filter) = (socket, filter);

    /// <exception cref="NamespaceException">The namespace cannot be entered.</exception>
    /// <exception cref="SocketException">The kernel refused, for want of CAP_NET_RAW.</exception>
    public static PacketTap Open(NetworkNamespace network, PacketTapOptions options)
    {
        // Of no protocol: it hears nothing until it is bound, and by then the filter is in place.
        var socket = new Socket(network.OpenRawSocket(Libc.AF_PACKET, Libc.SOCK_DGRAM, protocol: 0));
        try
        {
            // Beyond what net.core.rmem_max grants; needs CAP_NET_ADMIN.
            socket.SetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, BitConverter.GetBytes(options.BufferBytes));
            ulong[] filter = TapFilter.Build(options);
            AttachFilter(socket, filter);
            Bind(socket);
            socket.Blocking = false;
            return new PacketTap(socket, filter);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a packet, from its IP header on. What does not fit into the buffer is cut off.</summary>
    /// <exception cref="SocketException">The kernel gave an error.</exception>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int length = _socket.Receive(buffer.Span, SocketFlags.None, out SocketError error);
        return error switch
        {
            SocketError.Success => ValueTask.FromResult(length),
            SocketError.WouldBlock => _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken),
            _ => ValueTask.FromException<int>(new SocketException((int)error)),
        };
    }

    /// <summary>Whether packets were lost since it was asked last, because more waited than the kernel keeps.</summary>
    public bool HasLost()
    {
        // struct tpacket_stats: packets and drops, u32 each; both begin again at zero (packet(7)).
        Span<byte> statistics = stackalloc byte[2 * sizeof(uint)];
        _socket.GetRawSocketOption(Libc.SOL_PACKET, Libc.PACKET_STATISTICS, statistics);
        return MemoryMarshal.Read<uint>(statistics[sizeof(uint)..]) > 0;
    }

    /// <summary>Sees nothing from now on, at next to no cost for who sends, and forgets what waits. By whoever receives.</summary>
    /// <exception cref="SocketException">The kernel gave an error.</exception>
    public void StopHearing()
    {
        AttachFilter(_socket, TapFilter.Nothing);
        Span<byte> start = stackalloc byte[1];
        while (_socket.Receive(start, SocketFlags.None, out SocketError error) >= 0 && error == SocketError.Success)
        {
        }
    }

    /// <summary>After <see cref="StopHearing"/>.</summary>
    /// <exception cref="SocketException">The kernel refused.</exception>
    public void HearAgain() => AttachFilter(_socket, _filter);

    public void Dispose() => _socket.Dispose();

    private static unsafe void AttachFilter(Socket socket, ulong[] program)
    {
        fixed (ulong* first = program)
        {
            var filter = new SocketFilter { Length = (ushort)program.Length, Instructions = first };
            socket.SetRawSocketOption(Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, new ReadOnlySpan<byte>(&filter, sizeof(SocketFilter)));
        }
    }

    private static unsafe void Bind(Socket socket)
    {
        var address = new PacketSocketAddress { Family = Libc.AF_PACKET, Protocol = Libc.ETH_P_ALL_NetworkOrder };
        if (Libc.bind((int)socket.Handle, &address, (uint)sizeof(PacketSocketAddress)) < 0)
        {
            throw new SocketException(Marshal.GetLastPInvokeError());
        }
    }
}
