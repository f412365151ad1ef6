using Landline.Networking.Packets;

namespace Landline.Daemon.PacketEngine;

/// <summary>
/// Who talks to whom, as the process on the workstation sees it. For ICMP echo the source port is the identifier and the
/// destination port 0.
/// </summary>
internal readonly record struct FlowKey(
    PacketAddress Source, ushort SourcePort, PacketAddress Destination, ushort DestinationPort)
{
    public bool IsV6 => Destination.IsV6;

    public override int GetHashCode() =>
        HashCode.Combine(Source, Destination, ((uint)SourcePort << 16) | DestinationPort);
}
