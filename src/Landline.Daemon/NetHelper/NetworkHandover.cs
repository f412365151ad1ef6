using System.Net;
using System.Net.Sockets;
using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Tun;

namespace Landline.Daemon.NetHelper;

/// <summary>
/// What the net helper made: the TUN device (closing it removes it with its routes) and the two DNS sockets. The
/// receiver owns all three.
/// </summary>
/// <param name="HasIPv6">False when this machine has IPv6 switched off: there are no IPv6 addresses and routes then.</param>
internal sealed record NetworkHandover(
    string DeviceName,
    TunDevice Tun,
    Socket DnsUdp,
    Socket DnsTcp,
    IPEndPoint DnsEndPoint,
    ResolverKind Resolver,
    bool HasIPv6) : IDisposable
{
    public void Dispose()
    {
        Tun.Dispose();
        DnsUdp.Dispose();
        DnsTcp.Dispose();
    }
}
