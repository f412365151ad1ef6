using Landline.Networking.Packets;
using Landline.Protocol.Streams;

namespace Landline.Daemon.PacketEngine;

/// <summary>The message is a UDP datagram's data.</summary>
internal sealed class UdpForm : IDatagramForm
{
    public StreamKind Kind => StreamKind.Udp;

    public int MessageOffset(bool isV6) => UdpDatagram.DataOffset(isV6);

    public int LongestMessage(bool isV6) => UdpDatagram.LongestData(isV6);

    public bool TryCompleteAnswer(Span<byte> packet, in FlowKey flow)
    {
        UdpDatagram.WriteHeaders(packet, flow.Destination, flow.DestinationPort, flow.Source, flow.SourcePort);
        return true;
    }

    public int WriteQuestion(Span<byte> packet, in FlowKey flow)
    {
        int size = UdpDatagram.DataOffset(flow.IsV6);
        UdpDatagram.WriteHeaders(packet[..size], flow.Source, flow.SourcePort, flow.Destination, flow.DestinationPort);
        return size;
    }
}
