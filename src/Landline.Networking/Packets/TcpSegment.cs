using System.Buffers.Binary;

namespace Landline.Networking.Packets;

/// <summary>A view of a TCP segment (RFC 9293 3.1) in somebody's buffer.</summary>
public readonly ref struct TcpSegment
{
    public const int HeaderBytes = 20;
    public const int ChecksumOffset = 16;

    private readonly Span<byte> _bytes;

    private TcpSegment(Span<byte> bytes) => _bytes = bytes;

    public ushort SourcePort => BinaryPrimitives.ReadUInt16BigEndian(_bytes);

    public ushort DestinationPort => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    public uint SequenceNumber => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);

    public uint AcknowledgmentNumber => BinaryPrimitives.ReadUInt32BigEndian(_bytes[8..]);

    public TcpControl Flags => (TcpControl)_bytes[13];

    /// <summary>A SYN that asks for a connection, as opposed to one that answers.</summary>
    public bool IsOpening => (Flags & (TcpControl.Syn | TcpControl.Ack | TcpControl.Rst)) == TcpControl.Syn;

    /// <summary>False = too short for its own header.</summary>
    public static bool TryParse(Span<byte> payload, out TcpSegment segment)
    {
        segment = default;
        if (payload.Length < HeaderBytes)
        {
            return false;
        }

        int headerBytes = (payload[12] >> 4) * 4;
        if (headerBytes < HeaderBytes || headerBytes > payload.Length)
        {
            return false;
        }

        segment = new TcpSegment(payload);
        return true;
    }
}

/// <summary>Control bits of the TCP header.</summary>
[Flags]
public enum TcpControl : byte
{
    None = 0,
    Fin = 0x01,
    Syn = 0x02,
    Rst = 0x04,
    Psh = 0x08,
    Ack = 0x10,
}
