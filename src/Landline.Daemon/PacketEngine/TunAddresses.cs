using System.Net;

namespace Landline.Daemon.PacketEngine;

/// <summary>The two addresses of one IP version on the TUN device's own subnet.</summary>
/// <param name="Workstation">The device's address. The engine listens here, and only accepts what comes from the peer.</param>
/// <param name="Peer">An address that no machine has: what the kernel sees at the other end of every connection.</param>
internal sealed record TunAddresses(IPAddress Workstation, IPAddress Peer);
