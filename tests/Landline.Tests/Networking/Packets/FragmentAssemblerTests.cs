using System.Buffers.Binary;
using Landline.Networking.Packets;
using Landline.TestSupport;

namespace Landline.Tests.Networking.Packets;

public sealed class FragmentAssemblerTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_datagram_cut_anywhere_and_shuffled_is_whole_again(bool isV6)
    {
        var random = new Random(3);
        var assembler = new FragmentAssembler(_time);
        for (uint id = 0; id < 200; id++)
        {
            byte[] data = new byte[random.Next(100, 9000)];
            random.NextBytes(data);
            byte[] whole = isV6
                ? SamplePackets.Udp(SamplePackets.V6Source, 1, SamplePackets.V6Destination, 2, data)
                : SamplePackets.Udp(SamplePackets.V4Source, 1, SamplePackets.V4Destination, 2, data);
            byte[][] fragments = Cut(whole, id, random.Next(10, 180) * 8);
            random.Shuffle(fragments);

            byte[]? assembled = null;
            foreach (byte[] fragment in fragments)
            {
                Assert.Null(assembled);
                assembled = Add(assembler, fragment);
            }

            Assert.NotNull(assembled);
            Assert.True(SamplePackets.AreChecksumsRight(assembled));
            Assert.Equal(whole[^data.Length..], assembled[^data.Length..]);
        }
    }

    [Fact]
    public void Fragments_that_overlap_spoil_the_datagram()
    {
        var assembler = new FragmentAssembler(_time);
        byte[] whole = SamplePackets.Udp(SamplePackets.V4Source, 1, SamplePackets.V4Destination, 2, new byte[100]);
        byte[][] fragments = Cut(whole, 1, 48);

        Assert.Null(Add(assembler, fragments[0]));
        Assert.Null(Add(assembler, fragments[0]));
        Assert.Null(Add(assembler, fragments[1]));
        Assert.Null(Add(assembler, fragments[2]));
    }

    [Fact]
    public void The_oldest_of_too_many_unfinished_datagrams_is_given_up()
    {
        var assembler = new FragmentAssembler(_time);
        byte[] whole = SamplePackets.Udp(SamplePackets.V4Source, 1, SamplePackets.V4Destination, 2, new byte[100]);
        for (uint id = 0; id <= FragmentAssembler.MostDatagrams; id++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Null(Add(assembler, Cut(whole, id, 64)[0]));
        }

        Assert.Null(Add(assembler, Cut(whole, 0, 64)[1]));
        Assert.NotNull(Add(assembler, Cut(whole, FragmentAssembler.MostDatagrams, 64)[1]));
    }

    private static byte[]? Add(FragmentAssembler assembler, byte[] fragment)
    {
        Assert.True(IpPacket.TryParse(fragment, out IpPacket packet));
        return assembler.Add(packet);
    }

    private static byte[][] Cut(byte[] whole, uint id, int size)
    {
        Assert.True(IpPacket.TryParse(whole, out IpPacket packet));
        var fragments = new List<byte[]>();
        for (int start = 0; start < packet.Payload.Length; start += size)
        {
            byte[] piece = packet.Payload[start..Math.Min(start + size, packet.Payload.Length)].ToArray();
            bool moreFollow = start + size < packet.Payload.Length;
            fragments.Add(packet.IsV6 ? FragmentV6(whole, id, start, moreFollow, piece) : FragmentV4(whole, id, start, moreFollow, piece));
        }

        return [.. fragments];
    }

    private static byte[] FragmentV4(byte[] whole, uint id, int start, bool moreFollow, byte[] piece)
    {
        byte[] fragment = [.. whole[..20], .. piece];
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(2), (ushort)fragment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(4), (ushort)id);
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(6), (ushort)((start / 8) | (moreFollow ? 0x2000 : 0)));
        return fragment;
    }

    private static byte[] FragmentV6(byte[] whole, uint id, int start, bool moreFollow, byte[] piece)
    {
        byte[] fragment = [.. whole[..40], .. new byte[8], .. piece];
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(4), (ushort)(8 + piece.Length));
        fragment[40] = fragment[6];
        fragment[6] = 44;
        BinaryPrimitives.WriteUInt16BigEndian(fragment.AsSpan(42), (ushort)(start | (moreFollow ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(fragment.AsSpan(44), id);
        return fragment;
    }
}
