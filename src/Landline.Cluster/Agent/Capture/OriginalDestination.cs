using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Landline.Cluster.Agent.Capture;

/// <summary>Where a redirected TCP connection was going before the redirect, as the kernel remembers it.</summary>
internal static class OriginalDestination
{
    // include/uapi/linux/netfilter_ipv4.h and netfilter_ipv6/ip6_tables.h: both options have the same number.
    private const int SolIp = 0;
    private const int SolIpv6 = 41;
    private const int SoOriginalDst = 80;

    /// <summary>Null: it was not redirected, but made to the agent's own port.</summary>
    public static IPEndPoint? Of(Socket accepted)
    {
        bool ipv6 = accepted.AddressFamily == AddressFamily.InterNetworkV6;
        Span<byte> address = stackalloc byte[28]; // sockaddr_in6, the larger of the two.
        try
        {
            accepted.GetRawSocketOption(ipv6 ? SolIpv6 : SolIp, SoOriginalDst, address);
        }
        catch (SocketException)
        {
            return null;
        }

        // struct sockaddr_in: family, port, address; sockaddr_in6 has the flow label between the last two.
        int port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        var destination = new IPEndPoint(new IPAddress(ipv6 ? address.Slice(8, 16) : address.Slice(4, 4)), port);
        return destination.Equals(accepted.LocalEndPoint) ? null : destination;
    }
}
