using System.Net;
using System.Net.Sockets;

namespace Landline.FunctionalTests.Dns;

/// <summary>What a name server listens on: one port for both protocols.</summary>
internal static class DnsSockets
{
    /// <param name="port">0 = any that both protocols have free.</param>
    public static (Socket Udp, Socket Tcp) Open(IPAddress address, int port)
    {
        while (true)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                tcp.Bind(new IPEndPoint(address, port));
                udp.Bind(tcp.LocalEndPoint!);
                tcp.Listen();
                return (udp, tcp);
            }
            catch (SocketException taken) when (port == 0 && taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }
}
