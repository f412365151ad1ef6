using Landline.Protocol.Streams;

namespace Landline.Daemon.PacketEngine;

/// <summary>What a message of a datagram stream looks like as an IP packet.</summary>
internal interface IDatagramForm
{
    StreamKind Kind { get; }

    /// <summary>Where in a packet the stream's message begins, in bytes.</summary>
    int MessageOffset(bool isV6);

    /// <summary>More does not fit into a packet, in bytes.</summary>
    int LongestMessage(bool isV6);

    /// <summary>
    /// Writes the headers of an answer, from the flow's destination to its source, around the message that is at its
    /// offset. False = the message is no answer.
    /// </summary>
    bool TryCompleteAnswer(Span<byte> packet, in FlowKey flow);

    /// <summary>Writes the packet that opened the flow, as far as an ICMP error must quote it; returns its size in bytes.</summary>
    int WriteQuestion(Span<byte> packet, in FlowKey flow);
}
