using Landline.Networking.Tun;

namespace Landline.Tests.Networking.Tun;

public sealed class VnetHeaderTests
{
    [Fact]
    public void A_header_says_whether_the_checksum_is_partial_and_how_UDP_is_cut()
    {
        // As the kernel writes it for three datagrams of 1200 bytes (0x04B0) from one send with UDP_SEGMENT.
        byte[] header = BitConverter.IsLittleEndian
            ? [1, 5, 28, 0, 0xB0, 0x04, 20, 0, 6, 0]
            : [1, 5, 0, 28, 0x04, 0xB0, 0, 20, 0, 6];

        Assert.True(VnetHeader.IsChecksumPartial(header));
        Assert.Equal(1200, VnetHeader.UdpSegmentBytes(header));
    }

    [Fact]
    public void An_empty_header_is_an_ordinary_packet()
    {
        byte[] header = new byte[VnetHeader.Bytes];

        Assert.False(VnetHeader.IsChecksumPartial(header));
        Assert.Equal(0, VnetHeader.UdpSegmentBytes(header));
    }
}
