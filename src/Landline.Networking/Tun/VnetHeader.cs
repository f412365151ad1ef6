using System.Runtime.InteropServices;

namespace Landline.Networking.Tun;

/// <summary>
/// What precedes each packet on a device with vnet headers (<c>struct virtio_net_hdr</c>, ten bytes, in the machine's
/// byte order). With it one read or write carries up to 64 KiB of a flow that the kernel cuts, or has glued, elsewhere.
/// <code>
/// u8 flags | u8 gso type | u16 header length | u16 gso size | u16 checksum start | u16 checksum offset
/// </code>
/// All zeroes: one ordinary packet whose checksums are complete.
/// </summary>
public static class VnetHeader
{
    public const int Bytes = 10;

    private const byte NeedsChecksum = 1;
    private const byte GsoUdp = 5;

    /// <summary>
    /// The transport checksum field holds only the sum over the pseudo-header, folded and not complemented; whoever
    /// receives the packet adds the rest.
    /// </summary>
    public static bool IsChecksumPartial(ReadOnlySpan<byte> header) => (header[0] & NeedsChecksum) != 0;

    /// <summary>
    /// For a packet that stands for several UDP datagrams (UDP_SEGMENT): the payload size of all but the last, in bytes.
    /// Otherwise 0.
    /// </summary>
    public static int UdpSegmentBytes(ReadOnlySpan<byte> header) =>
        header[1] == GsoUdp ? MemoryMarshal.Read<ushort>(header[4..]) : 0;
}
