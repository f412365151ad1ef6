using Landline.Networking.Packets;

namespace Landline.Tests.Networking.Packets;

/// <summary>Whatever comes out of a device: the parsers say no, they do not throw, and what they accept can be answered.</summary>
public sealed class PacketParserFuzzTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void Any_garbage_is_survived()
    {
        var random = new Random(1);
        byte[] bytes = new byte[200];
        for (int i = 0; i < Rounds; i++)
        {
            random.NextBytes(bytes);
            bytes[0] = (byte)((random.Next(2) == 0 ? 0x40 : 0x60) | (bytes[0] & 0xF));
            Survive(bytes.AsSpan(0, random.Next(bytes.Length)));
        }
    }

    [Fact]
    public void Damaged_and_cut_packets_are_survived()
    {
        var random = new Random(2);
        byte[][] samples =
        [
            SamplePackets.Tcp(SamplePackets.V4Source, 1, SamplePackets.V4Destination, 2, TcpControl.Syn, 3, new byte[20]),
            SamplePackets.Tcp(SamplePackets.V6Source, 1, SamplePackets.V6Destination, 2, TcpControl.Syn, 3, new byte[20]),
            SamplePackets.Udp(SamplePackets.V4Source, 1, SamplePackets.V4Destination, 2, new byte[20]),
            SamplePackets.Udp(SamplePackets.V6Source, 1, SamplePackets.V6Destination, 2, new byte[20]),
            SamplePackets.EchoRequest(SamplePackets.V4Source, SamplePackets.V4Destination, 1, 2, new byte[20]),
            SamplePackets.EchoRequest(SamplePackets.V6Source, SamplePackets.V6Destination, 1, 2, new byte[20]),
        ];
        for (int i = 0; i < Rounds; i++)
        {
            byte[] bytes = [.. samples[random.Next(samples.Length)]];
            for (int damage = random.Next(4); damage > 0; damage--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            Survive(bytes.AsSpan(0, random.Next(bytes.Length + 1)));
        }
    }

    private static void Survive(Span<byte> bytes)
    {
        if (!IpPacket.TryParse(bytes, out IpPacket packet))
        {
            return;
        }

        Assert.True(packet.Bytes.Length <= bytes.Length);
        byte[] answer = new byte[IcmpUnreachable.LargestBytes];
        Assert.InRange(IcmpUnreachable.Write(answer, packet, packet.Destination, UnreachableReason.Host), 28, answer.Length);
        _ = new FragmentAssembler(TimeProvider.System).Add(packet);
        if (UdpDatagram.TryParse(packet.Payload, out UdpDatagram datagram))
        {
            Assert.True(datagram.Data.Length < bytes.Length);
        }

        if (IcmpEcho.TryParse(packet.Payload, packet.IsV6, out IcmpEcho echo))
        {
            Assert.True(echo.Message.Length >= IcmpEcho.HeaderBytes);
        }

        if (TcpSegment.TryParse(packet.Payload, out _))
        {
            Assert.InRange(TcpReset.Write(answer, packet), 40, TcpReset.LargestBytes);
            TcpRewriter.Rewrite(packet, packet.Destination, 1, packet.Source, 2, checksumIsPartial: false);
        }
    }
}
