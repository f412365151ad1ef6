using FsCheck;
using FsCheck.Fluent;
using Landline.Networking.Packets;

namespace Landline.Tests.Networking.Packets;

public sealed class TcpRewriterTests
{
    private static readonly PacketAddress OtherV4 = SamplePackets.Address("203.0.113.77");
    private static readonly PacketAddress OtherV6 = SamplePackets.Address("2001:db8::77");

    [Fact]
    public void The_incremental_checksum_is_the_full_one() =>
        Prop.ForAll<byte[], ushort, ushort>((data, sourcePort, destinationPort) =>
            Rewritten(data, sourcePort, destinationPort, isV6: false) && Rewritten(data, sourcePort, destinationPort, isV6: true))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void A_partial_checksum_stays_the_sum_over_the_pseudo_header() =>
        Prop.ForAll<byte[], ushort, ushort>((data, sourcePort, destinationPort) =>
            RewrittenPartially(data, sourcePort, destinationPort, isV6: false)
            && RewrittenPartially(data, sourcePort, destinationPort, isV6: true))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Rewriting_back_gives_the_packet_as_it_was()
    {
        byte[] bytes = Sample([1, 2, 3], isV6: false);
        byte[] original = [.. bytes];
        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));

        TcpRewriter.Rewrite(packet, OtherV4, 1, OtherV4, 2, checksumIsPartial: false);
        Assert.NotEqual(original, bytes);
        TcpRewriter.Rewrite(packet, SamplePackets.V4Source, 40_000, SamplePackets.V4Destination, 80, checksumIsPartial: false);

        Assert.Equal(original, bytes);
    }

    private static bool Rewritten(byte[] data, ushort sourcePort, ushort destinationPort, bool isV6)
    {
        byte[] bytes = Sample(data, isV6);
        PacketAddress other = isV6 ? OtherV6 : OtherV4;
        PacketAddress source = isV6 ? SamplePackets.V6Source : SamplePackets.V4Source;
        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));

        TcpRewriter.Rewrite(packet, other, sourcePort, source, destinationPort, checksumIsPartial: false);

        byte[] expected = SamplePackets.Tcp(other, sourcePort, source, destinationPort, TcpControl.Ack, 17, data);
        return bytes.AsSpan().SequenceEqual(expected) && SamplePackets.AreChecksumsRight(bytes);
    }

    // As the kernel does it: it puts the pseudo-header's sum into the field and leaves the rest to the receiver.
    private static bool RewrittenPartially(byte[] data, ushort sourcePort, ushort destinationPort, bool isV6)
    {
        byte[] bytes = Sample(data, isV6);
        PacketAddress other = isV6 ? OtherV6 : OtherV4;
        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));
        Span<byte> checksum = packet.Payload.Slice(TcpSegment.ChecksumOffset, 2);
        InternetChecksum.Store(
            checksum, (ushort)InternetChecksum.PseudoHeaderSum(packet.Addresses, IpProtocol.Tcp, packet.Payload.Length));

        TcpRewriter.Rewrite(packet, other, sourcePort, other, destinationPort, checksumIsPartial: true);

        uint sum = InternetChecksum.Sum(packet.Payload);
        InternetChecksum.Store(checksum, InternetChecksum.Complement(sum));
        return SamplePackets.AreChecksumsRight(bytes);
    }

    private static byte[] Sample(byte[] data, bool isV6) => isV6
        ? SamplePackets.Tcp(SamplePackets.V6Source, 40_000, SamplePackets.V6Destination, 80, TcpControl.Ack, 17, data)
        : SamplePackets.Tcp(SamplePackets.V4Source, 40_000, SamplePackets.V4Destination, 80, TcpControl.Ack, 17, data);
}
