using Landline.Networking.Packets;
using Landline.Protocol.Streams;

namespace Landline.Daemon.PacketEngine;

/// <summary>The message is an ICMP echo request or reply from its type on; the flow's source port is the identifier.</summary>
internal sealed class EchoForm : IDatagramForm
{
    public StreamKind Kind => StreamKind.Echo;

    public int MessageOffset(bool isV6) => IpHeader.Bytes(isV6);

    public int LongestMessage(bool isV6) => IpHeader.LongestPayload(isV6);

    public bool TryCompleteAnswer(Span<byte> packet, in FlowKey flow)
    {
        if (!IcmpEcho.TryParse(packet[MessageOffset(flow.IsV6)..], flow.IsV6, out IcmpEcho echo) || echo.IsRequest)
        {
            return false;
        }

        IcmpEcho.CompleteReply(packet, flow.Destination, flow.Source, flow.SourcePort);
        return true;
    }

    public int WriteQuestion(Span<byte> packet, in FlowKey flow)
    {
        int size = MessageOffset(flow.IsV6) + IcmpEcho.HeaderBytes;
        packet[..size].Clear();
        IcmpEcho.CompleteRequest(packet[..size], flow.Source, flow.Destination, flow.SourcePort);
        return size;
    }
}
