using System.Buffers.Binary;

namespace Landline.Networking.Packets;

/// <summary>
/// A view of one IPv4 (RFC 791) or IPv6 (RFC 8200) packet in somebody's buffer. Nothing is copied and nothing beyond the
/// headers is checked; IPv6 extension headers are skipped.
/// </summary>
public readonly ref struct IpPacket
{
    public const int V4HeaderBytes = 20;
    public const int V6HeaderBytes = 40;

    // A sender puts each kind of extension header once, the destination options twice (RFC 8200 4.1).
    private const int MostExtensionHeaders = 8;
    private const byte HopByHop = 0;
    private const byte Routing = 43;
    private const byte Fragment = 44;
    private const byte Authentication = 51;
    private const byte DestinationOptions = 60;

    private IpPacket(Span<byte> bytes, int headerBytes, byte protocol, FragmentInfo fragment)
    {
        Bytes = bytes;
        HeaderBytes = headerBytes;
        Protocol = protocol;
        FragmentInfo = fragment;
    }

    /// <summary>The packet without what followed it in the buffer.</summary>
    public Span<byte> Bytes { get; }

    /// <summary>All headers up to the transport's, in bytes.</summary>
    public int HeaderBytes { get; }

    /// <summary>Of the payload; see <see cref="IpProtocol"/>.</summary>
    public byte Protocol { get; }

    public FragmentInfo FragmentInfo { get; }

    public bool IsV6 => Bytes[0] >> 4 == 6;

    /// <summary>Source and destination side by side, as the pseudo-header has them: 8 or 32 bytes.</summary>
    public Span<byte> Addresses => IsV6 ? Bytes.Slice(8, 32) : Bytes.Slice(12, 8);

    public PacketAddress Source => PacketAddress.Read(IsV6 ? Bytes.Slice(8, 16) : Bytes.Slice(12, 4));

    public PacketAddress Destination => PacketAddress.Read(IsV6 ? Bytes.Slice(24, 16) : Bytes.Slice(16, 4));

    /// <summary>Transport header and what follows; of a fragment other than the first, a piece of that.</summary>
    public Span<byte> Payload => Bytes[HeaderBytes..];

    /// <summary>False = no IP packet, cut short, or with headers that cannot be.</summary>
    public static bool TryParse(Span<byte> bytes, out IpPacket packet)
    {
        packet = default;
        return !bytes.IsEmpty && (bytes[0] >> 4) switch
        {
            4 => TryParseV4(bytes, out packet),
            6 => TryParseV6(bytes, out packet),
            _ => false,
        };
    }

    private static bool TryParseV4(Span<byte> bytes, out IpPacket packet)
    {
        packet = default;
        if (bytes.Length < V4HeaderBytes)
        {
            return false;
        }

        int headerBytes = (bytes[0] & 0xF) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (headerBytes < V4HeaderBytes || total < headerBytes || total > bytes.Length)
        {
            return false;
        }

        ushort fragment = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
        var info = new FragmentInfo(
            BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]), (fragment & 0x1FFF) * 8, (fragment & 0x2000) != 0);
        packet = new IpPacket(bytes[..total], headerBytes, bytes[9], info);
        return true;
    }

    private static bool TryParseV6(Span<byte> bytes, out IpPacket packet)
    {
        packet = default;
        if (bytes.Length < V6HeaderBytes)
        {
            return false;
        }

        int total = V6HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        if (total > bytes.Length)
        {
            return false;
        }

        bytes = bytes[..total];
        byte next = bytes[6];
        int offset = V6HeaderBytes;
        FragmentInfo fragment = default;
        for (int i = 0; i < MostExtensionHeaders; i++)
        {
            // What follows the header of a later fragment is data, whatever its number says.
            if (fragment.Offset > 0 || next is not (HopByHop or Routing or Fragment or Authentication or DestinationOptions))
            {
                packet = new IpPacket(bytes, offset, next, fragment);
                return true;
            }

            if (bytes.Length < offset + 8)
            {
                return false;
            }

            ReadOnlySpan<byte> header = bytes[offset..];
            int size = next switch
            {
                Fragment => 8,
                Authentication => (header[1] + 2) * 4,
                _ => (header[1] + 1) * 8,
            };
            if (next == Fragment)
            {
                ushort field = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
                fragment = new FragmentInfo(BinaryPrimitives.ReadUInt32BigEndian(header[4..]), field & 0xFFF8, (field & 1) != 0);
            }

            next = header[0];
            offset += size;
            if (offset > bytes.Length)
            {
                return false;
            }
        }

        return false;
    }
}
