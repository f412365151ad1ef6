namespace Landline.Networking.Packets;

/// <summary>Builds "destination unreachable" messages (RFC 792, RFC 1812 5.2.7, RFC 4443 3.1).</summary>
public static class IcmpUnreachable
{
    // The offending packet as far as fits into what every host accepts: 576 bytes (RFC 1812 4.3.2.3), 1280 (RFC 4443 3.1).
    private const int LargestV4 = 576;
    private const int LargestV6 = 1280;
    private const int IcmpHeaderBytes = 8;
    private const int ChecksumOffset = 2;

    public const int LargestBytes = LargestV6;

    /// <summary>Returns the packet's size in bytes.</summary>
    /// <param name="source">Who says so: the unreachable host itself for a port, a router otherwise.</param>
    public static int Write(Span<byte> destination, in IpPacket offending, PacketAddress source, UnreachableReason reason)
    {
        bool isV6 = offending.IsV6;
        int headers = IpHeader.Bytes(isV6) + IcmpHeaderBytes;
        int quoted = Math.Min(offending.Bytes.Length, (isV6 ? LargestV6 : LargestV4) - headers);
        byte protocol = isV6 ? IpProtocol.IcmpV6 : IpProtocol.Icmp;
        Span<byte> packet = destination[..(headers + quoted)];
        IpHeader.Write(packet, source, offending.Source, protocol);

        Span<byte> message = packet[IpHeader.Bytes(isV6)..];
        message[..IcmpHeaderBytes].Clear();
        (message[0], message[1]) = isV6 ? ((byte)1, CodeV6(reason)) : ((byte)3, CodeV4(reason));
        offending.Bytes[..quoted].CopyTo(message[IcmpHeaderBytes..]);
        TransportChecksum.Write(packet, protocol, message, ChecksumOffset);
        return packet.Length;
    }

    private static byte CodeV4(UnreachableReason reason) => reason switch
    {
        UnreachableReason.Host => 1,
        UnreachableReason.Port => 3,
        UnreachableReason.Prohibited => 13,
        _ => 0,
    };

    private static byte CodeV6(UnreachableReason reason) => reason switch
    {
        UnreachableReason.Host => 3,
        UnreachableReason.Port => 4,
        UnreachableReason.Prohibited => 1,
        _ => 0,
    };
}

/// <summary>What cannot be reached, or why.</summary>
public enum UnreachableReason
{
    /// <summary>There is no route to the network.</summary>
    Network,

    /// <summary>The host does not answer on its link.</summary>
    Host,

    /// <summary>The host is there and nothing listens.</summary>
    Port,

    /// <summary>A policy forbids it.</summary>
    Prohibited,
}
