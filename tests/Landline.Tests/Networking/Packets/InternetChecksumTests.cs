using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Landline.Networking.Packets;

namespace Landline.Tests.Networking.Packets;

public sealed class InternetChecksumTests
{
    [Fact]
    public void The_example_of_RFC_1071_has_its_documented_sum()
    {
        uint sum = InternetChecksum.Sum([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]);

        Assert.Equal(0xDDF2, InNetworkOrder(sum));
    }

    [Fact]
    public void Sums_of_any_bytes_are_those_of_the_plain_algorithm() =>
        Prop.ForAll<byte[]>(bytes => InNetworkOrder(InternetChecksum.Sum(bytes)) == SamplePackets.PlainSum(bytes, []))
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Sums_of_large_blocks_do_not_lose_a_carry()
    {
        byte[] ones = new byte[65_535];
        ones.AsSpan().Fill(0xFF);

        Assert.Equal(SamplePackets.PlainSum(ones, []), InNetworkOrder(InternetChecksum.Sum(ones)));
    }

    [Fact]
    public void Replacing_words_gives_what_summing_again_would() =>
        Prop.ForAll<byte[], ushort, ushort>((bytes, before, after) =>
        {
            byte[] field = [(byte)(before >> 8), (byte)before];
            byte[] changed = [(byte)(after >> 8), (byte)after];
            uint sum = InternetChecksum.Sum([.. field, .. bytes]);

            uint replaced = InternetChecksum.Replace(sum, InternetChecksum.Sum(field), InternetChecksum.Sum(changed));

            // Zero and 0xFFFF are the same number.
            return replaced % 0xFFFF == InternetChecksum.Sum([.. changed, .. bytes]) % 0xFFFF;
        }).QuickCheckThrowOnFailure();

    private static int InNetworkOrder(uint sum) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)sum) : (int)sum;
}
