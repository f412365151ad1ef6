using System.Net;

namespace Landline.Daemon.NetHelper;

/// <summary>What a connection needs of the workstation's network. The net helper checks every member strictly.</summary>
/// <param name="Connection">The connection's name, for the journal and for messages.</param>
/// <param name="DevicePrefix">Start of the TUN device's name; the first free number is appended.</param>
/// <param name="Addresses">The device's own addresses with their prefix lengths, at most one IPv4 and one IPv6.</param>
/// <param name="Mtu">Bytes.</param>
/// <param name="TransmitQueueLength">Packets; 30,000 lets thousands of connections open at once without drops.</param>
internal sealed record NetworkSetup(
    string Connection,
    string DevicePrefix,
    IReadOnlyList<DeviceAddress> Addresses,
    int Mtu,
    int TransmitQueueLength,
    RouteSettings Routes,
    DnsSettings Dns);

/// <summary>An address on a device, such as 198.19.7.1/30.</summary>
internal sealed record DeviceAddress(IPAddress Address, int PrefixLength);

/// <param name="Subnets">What goes through the device.</param>
/// <param name="MayTakeOver">What the user insisted on: may take a part of a wider route that this machine has.</param>
/// <param name="ProtectedAddresses">Must not be covered by a route: the API server's addresses above all.</param>
internal sealed record RouteSettings(
    IReadOnlyList<IPNetwork> Subnets,
    IReadOnlyList<IPNetwork> MayTakeOver,
    IReadOnlyList<IPAddress> ProtectedAddresses);

/// <param name="ListenAddress">One of the device's addresses: the DNS sockets are bound there, and the resolver asks it.</param>
/// <param name="SearchDomains">Appended to short names, the connected namespace's first.</param>
/// <param name="RoutingDomains">Asked of us only where the resolver can route by domain (systemd-resolved).</param>
internal sealed record DnsSettings(
    IPAddress ListenAddress, IReadOnlyList<string> SearchDomains, IReadOnlyList<string> RoutingDomains);
