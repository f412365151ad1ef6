using System.Net.Sockets;

namespace Landline.Protocol.Links;

/// <summary>Sets up a TCP connection that is to be a link, on either side.</summary>
public static class TcpLink
{
    private const int IpprotoTcp = 6;
    private const int TcpNotsentLowat = 25;

    // What waits in the kernel cannot be overtaken by a small message of another stream. Enough for a send while the
    // next is being prepared.
    private const int UnsentInKernel = 256 * 1024;

    /// <summary>The stream owns the socket.</summary>
    public static NetworkStream Prepare(Socket connected)
    {
        connected.NoDelay = true;
        Span<byte> limit = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(limit, UnsentInKernel);
        connected.SetRawSocketOption(IpprotoTcp, TcpNotsentLowat, limit);
        return new NetworkStream(connected, ownsSocket: true);
    }
}
