using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Landline.Networking.Packets;

/// <summary>
/// An IPv4 or IPv6 address as two numbers: cheap to read from a packet, to compare and to hash. IPv4 addresses are kept
/// as their IPv6-mapped form (RFC 4291 2.5.5.2), which does not occur in packets.
/// </summary>
public readonly record struct PacketAddress
{
    private const ulong MappedPrefix = 0xFFFF_0000_0000;

    private readonly ulong _high;
    private readonly ulong _low;

    private PacketAddress(ulong high, ulong low) => (_high, _low) = (high, low);

    public bool IsV6 => _high != 0 || _low >> 32 != MappedPrefix >> 32;

    /// <summary>Multicast, or for IPv4 the limited broadcast: no unicast packet, and never answered with an error (RFC 1122 3.2.2).</summary>
    public bool IsMulticast => IsV6 ? _high >> 56 == 0xFF : (uint)_low >> 28 == 0xE || (uint)_low == uint.MaxValue;

    /// <summary>Size in a packet, in bytes.</summary>
    public int Bytes => IsV6 ? 16 : 4;

    /// <param name="bytes">4 or 16 bytes in network order.</param>
    public static PacketAddress Read(ReadOnlySpan<byte> bytes) => bytes.Length == 4
        ? new PacketAddress(0, MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes))
        : new PacketAddress(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    public static PacketAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return Read(bytes[..length]);
    }

    /// <summary>Writes <see cref="Bytes"/> bytes in network order.</summary>
    public void Write(Span<byte> destination)
    {
        if (IsV6)
        {
            BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
            BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
        }
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        Write(bytes);
        return new IPAddress(bytes[..Bytes]);
    }

    public AddressFamily Family => IsV6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;

    public override string ToString() => ToIPAddress().ToString();
}
