using Landline.Networking.Packets;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>
/// What a wiretap needs of a TCP segment; points into the packet. With a length of up to 64 KiB where the kernel has not
/// cut it yet, and a checksum that nobody has filled in yet.
/// </summary>
internal readonly ref struct TappedSegment
{
    private readonly TcpControl _flags;

    private TappedSegment(FlowKey key, uint sequence, TcpControl flags, ReadOnlySpan<byte> payload)
    {
        Key = key;
        Sequence = sequence;
        _flags = flags;
        Payload = payload;
    }

    public FlowKey Key { get; }

    public uint Sequence { get; }

    /// <summary>Of the first byte: a SYN has a number of its own, and bytes behind it with TCP Fast Open (RFC 7413).</summary>
    public uint DataSequence => Sequence + (_flags.HasFlag(TcpControl.Syn) ? 1u : 0u);

    /// <summary>A SYN that asks for a connection, as opposed to one that answers.</summary>
    public bool IsOpening => (_flags & (TcpControl.Syn | TcpControl.Ack | TcpControl.Rst)) == TcpControl.Syn;

    public bool IsFin => _flags.HasFlag(TcpControl.Fin);

    public bool IsReset => _flags.HasFlag(TcpControl.Rst);

    public ReadOnlySpan<byte> Payload { get; }

    /// <param name="packet">One that is no fragment.</param>
    public static bool TryParse(in IpPacket packet, out TappedSegment segment)
    {
        segment = default;
        Span<byte> bytes = packet.Payload;
        if (!TcpSegment.TryParse(bytes, out TcpSegment header))
        {
            return false;
        }

        var key = new FlowKey(packet.Source, header.SourcePort, packet.Destination, header.DestinationPort);
        segment = new TappedSegment(key, header.SequenceNumber, header.Flags, bytes[((bytes[12] >> 4) * 4)..]);
        return true;
    }
}
