using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Landline.Networking.Packets;

namespace Landline.Tests.Networking.Packets;

/// <summary>The packets that the engine makes up itself.</summary>
public sealed class BuiltPacketTests
{
    private static readonly bool[] BothVersions = [false, true];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_reset_answers_the_SYN_from_where_it_was_to_go(bool isV6)
    {
        (PacketAddress source, PacketAddress destination) = Pair(isV6);
        byte[] syn = SamplePackets.Tcp(source, 40_000, destination, 80, TcpControl.Syn, uint.MaxValue, []);
        Assert.True(IpPacket.TryParse(syn, out IpPacket packet));
        byte[] reset = new byte[TcpReset.LargestBytes];

        reset = reset[..TcpReset.Write(reset, packet)];

        Assert.True(SamplePackets.AreChecksumsRight(reset));
        Assert.True(IpPacket.TryParse(reset, out IpPacket answer));
        Assert.True(TcpSegment.TryParse(answer.Payload, out TcpSegment segment));
        Assert.Equal((destination, source), (answer.Source, answer.Destination));
        Assert.Equal((80, 40_000), (segment.SourcePort, segment.DestinationPort));
        Assert.Equal(TcpControl.Rst | TcpControl.Ack, segment.Flags);
        Assert.Equal(0u, segment.AcknowledgmentNumber); // one more than the SYN's number, which was the last before zero
    }

    [Theory]
    [InlineData(UnreachableReason.Network, 0, 0)]
    [InlineData(UnreachableReason.Host, 1, 3)]
    [InlineData(UnreachableReason.Port, 3, 4)]
    [InlineData(UnreachableReason.Prohibited, 13, 1)]
    public void Unreachable_has_the_code_of_its_version_and_quotes_the_packet(UnreachableReason reason, byte codeV4, byte codeV6)
    {
        foreach (bool isV6 in BothVersions)
        {
            (PacketAddress source, PacketAddress destination) = Pair(isV6);
            byte[] udp = SamplePackets.Udp(source, 40_000, destination, 53, new byte[3000]);
            Assert.True(IpPacket.TryParse(udp, out IpPacket offending));
            byte[] built = new byte[IcmpUnreachable.LargestBytes];

            built = built[..IcmpUnreachable.Write(built, offending, destination, reason)];

            Assert.True(SamplePackets.AreChecksumsRight(built));
            Assert.True(IpPacket.TryParse(built, out IpPacket packet));
            Assert.Equal((destination, source), (packet.Source, packet.Destination));
            Assert.Equal(isV6 ? (1, codeV6) : (3, codeV4), (packet.Payload[0], packet.Payload[1]));
            Assert.True(udp.AsSpan().StartsWith(packet.Payload[8..]));
            Assert.Equal(isV6 ? 1280 : 576, built.Length);
        }
    }

    [Fact]
    public void A_UDP_packet_comes_back_from_its_parser() =>
        Prop.ForAll<byte[], ushort, ushort>((data, sourcePort, destinationPort) =>
        {
            foreach (bool isV6 in BothVersions)
            {
                (PacketAddress source, PacketAddress destination) = Pair(isV6);
                byte[] built = SamplePackets.Udp(source, sourcePort, destination, destinationPort, data);
                Assert.True(SamplePackets.AreChecksumsRight(built));
                Assert.True(IpPacket.TryParse(built, out IpPacket packet));
                Assert.True(UdpDatagram.TryParse(packet.Payload, out UdpDatagram datagram));
                Assert.Equal((sourcePort, destinationPort), (datagram.SourcePort, datagram.DestinationPort));
                Assert.Equal(data, datagram.Data.ToArray());
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_UDP_checksum_that_happens_to_be_zero_is_sent_as_its_twin()
    {
        byte[] built = SamplePackets.Udp(SamplePackets.V4Source, 1, SamplePackets.V4Destination, 2, [0, 0]);
        ushort checksum = BinaryPrimitives.ReadUInt16BigEndian(built.AsSpan(26));

        // Data that is the complement of all the rest makes the sum 0xFFFF, whose complement is zero.
        built = SamplePackets.Udp(
            SamplePackets.V4Source, 1, SamplePackets.V4Destination, 2, [(byte)(checksum >> 8), (byte)checksum]);

        Assert.Equal(0xFFFF, BinaryPrimitives.ReadUInt16BigEndian(built.AsSpan(26)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_echo_reply_keeps_sequence_number_and_data(bool isV6)
    {
        (PacketAddress source, PacketAddress destination) = Pair(isV6);
        byte[] bytes = SamplePackets.EchoRequest(source, destination, 77, 3, [1, 2, 3]);
        Assert.True(IpPacket.TryParse(bytes, out IpPacket packet));
        Assert.True(IcmpEcho.TryParse(packet.Payload, isV6, out IcmpEcho request));
        Assert.True(request.IsRequest);
        Assert.Equal((77, 3), (request.Identifier, request.SequenceNumber));

        IcmpEcho.CompleteReply(bytes, destination, source, 1234);

        Assert.True(SamplePackets.AreChecksumsRight(bytes));
        Assert.True(IpPacket.TryParse(bytes, out packet));
        Assert.True(IcmpEcho.TryParse(packet.Payload, isV6, out IcmpEcho reply));
        Assert.False(reply.IsRequest);
        Assert.Equal((1234, 3), (reply.Identifier, reply.SequenceNumber));
        Assert.Equal([1, 2, 3], reply.Message[8..].ToArray());
        Assert.Equal((destination, source), (packet.Source, packet.Destination));
    }

    private static (PacketAddress Source, PacketAddress Destination) Pair(bool isV6) => isV6
        ? (SamplePackets.V6Source, SamplePackets.V6Destination)
        : (SamplePackets.V4Source, SamplePackets.V4Destination);
}
