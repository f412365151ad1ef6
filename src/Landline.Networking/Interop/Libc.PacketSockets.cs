using System.Runtime.InteropServices;

namespace Landline.Networking.Interop;

/// <summary>Packet sockets, packet(7) and socket(7).</summary>
internal static partial class Libc
{
    internal const int AF_PACKET = 17;
    internal const int SOL_PACKET = 263;
    internal const int PACKET_STATISTICS = 6;
    internal const int SO_ATTACH_FILTER = 26;
    internal const int SO_RCVBUFFORCE = 33;

    /// <summary>htons(ETH_P_ALL): all protocols; only so are packets seen that leave.</summary>
    internal const ushort ETH_P_ALL_NetworkOrder = 0x0300;
}

/// <summary><c>struct sockaddr_ll</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PacketSocketAddress
{
    public ushort Family;
    public ushort Protocol;

    /// <summary>0 = every interface.</summary>
    public int Interface;
    public ushort HardwareType;
    public byte PacketType;
    public byte AddressLength;
    public ulong Address;
}

/// <summary><c>struct sock_fprog</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SocketFilter
{
    public ushort Length;
    public ulong* Instructions;
}
