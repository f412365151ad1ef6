using Landline.Networking.Packets;

namespace Landline.Tests.Networking.Packets;

public sealed class IpPacketTests
{
    [Fact]
    public void An_IPv4_packet_is_read_as_documented()
    {
        byte[] bytes =
        [
            0x46, 0x00, 0x00, 0x1A, 0x12, 0x34, 0x20, 0x02, 0x40, 0x11, 0x00, 0x00, // 24 bytes of header, fragment at 16, more follow
            0x0A, 0x00, 0x00, 0x01, 0x0A, 0x00, 0x00, 0x02, 0x01, 0x01, 0x01, 0x01,
            0xAA, 0xBB, 0xEE, // two bytes of payload, one that is not part of the packet
        ];

        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));

        Assert.False(packet.IsV6);
        Assert.Equal(24, packet.HeaderBytes);
        Assert.Equal(IpProtocol.Udp, packet.Protocol);
        Assert.Equal("10.0.0.1", packet.Source.ToString());
        Assert.Equal("10.0.0.2", packet.Destination.ToString());
        Assert.Equal(new FragmentInfo(0x1234, 16, MoreFollow: true), packet.FragmentInfo);
        Assert.Equal([0xAA, 0xBB], packet.Payload.ToArray());
    }

    [Fact]
    public void IPv6_extension_headers_are_skipped()
    {
        byte[] udp = SamplePackets.Udp(SamplePackets.V6Source, 1, SamplePackets.V6Destination, 2, [7]);
        byte[] extensions =
        [
            43, 0, 1, 4, 0, 0, 0, 0, // hop by hop, eight bytes
            60, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // routing, sixteen
            51, 0, 1, 4, 0, 0, 0, 0, // destination options
            17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, // authentication, counted in fours
        ];
        byte[] bytes = [.. udp[..40], .. extensions, .. udp[40..]];
        bytes[5] = (byte)(bytes.Length - 40);
        bytes[6] = 0;

        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));

        Assert.Equal(IpProtocol.Udp, packet.Protocol);
        Assert.Equal(udp[40..], packet.Payload.ToArray());
        Assert.Equal("fd00:96::10", packet.Destination.ToString());
    }

    [Fact]
    public void A_later_IPv6_fragment_is_not_searched_for_headers()
    {
        byte[] bytes = [.. SamplePackets.Udp(SamplePackets.V6Source, 1, SamplePackets.V6Destination, 2, [])[..40], .. new byte[16]];
        bytes[5] = 16;
        bytes[6] = 44;
        (bytes[40], bytes[43], bytes[47]) = (60, 8, 5);

        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));

        Assert.Equal(new FragmentInfo(5, 8, MoreFollow: false), packet.FragmentInfo);
        Assert.Equal(48, packet.HeaderBytes);
    }

    [Fact]
    public void A_chain_of_extension_headers_has_an_end()
    {
        byte[] bytes = [.. SamplePackets.Udp(SamplePackets.V6Source, 1, SamplePackets.V6Destination, 2, [])[..40], .. new byte[800]];
        (bytes[4], bytes[5], bytes[6]) = (3, 32, 0);

        Assert.False(IpPacket.TryParse(bytes, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("45")]
    [InlineData("4400001400000000401100000A0000010A000002")] // header shorter than a header
    [InlineData("4600001400000000401100000A0000010A000002")] // header longer than the packet
    [InlineData("4500001500000000401100000A0000010A000002")] // packet longer than the buffer
    [InlineData("75000014000000004011000000000000000000000")] // no such version
    public void What_is_no_packet_is_refused(string hexadecimal)
    {
        byte[] bytes = Convert.FromHexString(hexadecimal[..(hexadecimal.Length & ~1)]);

        Assert.False(IpPacket.TryParse(bytes, out _));
    }

    [Theory]
    [InlineData("0.0.0.0", false, false)]
    [InlineData("224.0.0.251", false, true)]
    [InlineData("239.255.255.255", false, true)]
    [InlineData("240.10.0.1", false, false)]
    [InlineData("255.255.255.254", false, false)]
    [InlineData("255.255.255.255", false, true)]
    [InlineData("::", true, false)]
    [InlineData("ff02::2", true, true)]
    [InlineData("fd00::1", true, false)]
    public void Addresses_keep_their_version_and_know_multicast(string text, bool isV6, bool isMulticast)
    {
        PacketAddress address = SamplePackets.Address(text);

        Assert.Equal((text, isV6, isMulticast), (address.ToString(), address.IsV6, address.IsMulticast));
    }
}
