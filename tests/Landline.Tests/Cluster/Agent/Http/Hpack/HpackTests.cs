using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Landline.Cluster.Agent.Http;
using Landline.Cluster.Agent.Http.Hpack;
using Landline.Cluster.Agent.Http.Http2;

namespace Landline.Tests.Cluster.Agent.Http.Hpack;

public sealed class HpackTests
{
    /// <summary>RFC 7541, appendix C: blocks of one connection, and the fields they mean.</summary>
    public static TheoryData<string[], string[]> DocumentedBytes => new()
    {
        { ["400a637573746f6d2d6b65790d637573746f6d2d686561646572"], ["custom-key: custom-header"] },
        { ["040c2f73616d706c652f70617468"], [":path: /sample/path"] },
        { ["100870617373776f726406736563726574"], ["password: secret"] },
        { ["82"], [":method: GET"] },
        {
            ["828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565"],
            [
                ":method: GET|:scheme: http|:path: /|:authority: www.example.com",
                ":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache",
                ":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value",
            ]
        },
        {
            ["828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"],
            [
                ":method: GET|:scheme: http|:path: /|:authority: www.example.com",
                ":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache",
                ":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value",
            ]
        },
        {
            // C.6: the table is limited to 256 bytes there, so that entries are evicted.
            [
                "3fe101" + "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
                "4883640effc1c0bf",
                "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
            ],
            [
                ":status: 302|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
                ":status: 307|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
                ":status: 200|cache-control: private|date: Mon, 21 Oct 2013 20:13:22 GMT|location: https://www.example.com|content-encoding: gzip|set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(DocumentedBytes))]
    public void The_documented_blocks_mean_the_documented_fields(string[] blocks, string[] meanings)
    {
        var decoder = new HpackDecoder();
        var block = new HeaderBlock();

        foreach ((string bytes, string meaning) in blocks.Zip(meanings))
        {
            decoder.Decode(Convert.FromHexString(bytes), block);

            Assert.Equal(meaning, Text(block));
        }
    }

    [Fact]
    public void What_is_encoded_again_means_the_same_to_a_decoder_without_a_table()
    {
        var decoder = new HpackDecoder();
        var block = new HeaderBlock();
        foreach (string bytes in new[] { "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "100870617373776f726406736563726574" })
        {
            decoder.Decode(Convert.FromHexString(bytes), block);
            string meaning = Text(block);
            var output = new OutputBuffer();
            HpackEncoder.Encode(block, output);
            byte[] encoded = [HpackEncoder.NoTable, .. output.Take()];

            var again = new HeaderBlock();
            new HpackDecoder().Decode(encoded, again);

            Assert.Equal(meaning, Text(again));
            Assert.Equal(block.Representations.ToArray().Select(one => one.NeverIndexed), again.Representations.ToArray().Select(one => one.NeverIndexed));
        }
    }

    [Fact]
    public void Any_fields_survive_encoding_and_decoding() =>
        Prop.ForAll(ArbMap.Default.ArbFor<(NonNull<byte[]> Name, NonNull<byte[]> Value)[]>(), fields =>
        {
            var output = new OutputBuffer();
            var expected = new HeaderBlock();
            foreach ((NonNull<byte[]> name, NonNull<byte[]> value) in fields)
            {
                HpackEncoder.Encode(name.Get, value.Get, output);
                expected.Add(name.Get, value.Get, default);
            }

            var decoded = new HeaderBlock();
            new HpackDecoder().Decode(output.Take(), decoded);
            return Text(decoded) == Text(expected);
        }).Check(Config.QuickThrowOnFailure);

    /// <summary>Codes of appendix B, padded with ones: of 5, 13, 19, 26, 28 and 30 bits.</summary>
    [Theory]
    [InlineData("07", 48)]
    [InlineData("ffc7", 0)]
    [InlineData("fffe1f", 92)]
    [InlineData("fffffbbf", 255)]
    [InlineData("ffffffef", 249)]
    [InlineData("fffffff3", 10)]
    [InlineData("fffffffb", 22)]
    public void Short_and_long_Huffman_codes_are_found(string hex, byte symbol)
    {
        byte[] encoded = Convert.FromHexString(hex);
        byte[] decoded = new byte[HuffmanCode.LongestDecoded(encoded.Length)];

        Assert.Equal(1, HuffmanCode.Decode(encoded, decoded));
        Assert.Equal(symbol, decoded[0]);
    }

    [Theory]
    [InlineData("ff")]
    [InlineData("ffffffff")]
    [InlineData("fffffffffffffffffc")]
    [InlineData("00")]
    [InlineData("1ffe")]
    public void A_string_with_wrong_padding_or_an_end_of_string_is_refused(string hex)
    {
        byte[] encoded = Convert.FromHexString(hex);

        Assert.Equal(-1, HuffmanCode.Decode(encoded, new byte[HuffmanCode.LongestDecoded(encoded.Length)]));
    }

    [Theory]
    [InlineData("80")]
    [InlineData("be")]
    [InlineData("7f")]
    [InlineData("ffffffffff0f")]
    [InlineData("0005")]
    [InlineData("00017a85")]
    [InlineData("3fe21f")]
    [InlineData("8220")]
    [InlineData("000161")]
    public void A_wrong_block_is_an_error_of_the_connection(string hex) =>
        Assert.Equal(
            Http2Error.CompressionError,
            Assert.Throws<Http2Exception>(() => new HpackDecoder().Decode(Convert.FromHexString(hex), new HeaderBlock())).Error);

    [Fact]
    public void A_block_that_grows_beyond_its_limit_when_decoded_is_refused()
    {
        byte[] bomb = [0x40, 1, (byte)'a', 0x7f, 0x81, 0x1e, .. new byte[3968], .. Enumerable.Repeat((byte)0xbe, 1000)];

        Assert.Equal(
            Http2Error.EnhanceYourCalm,
            Assert.Throws<Http2Exception>(() => new HpackDecoder().Decode(bomb, new HeaderBlock())).Error);
    }

    [Fact]
    public void Any_garbage_is_decoded_or_refused()
    {
        var decoder = new HpackDecoder();
        var block = new HeaderBlock();
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            try
            {
                decoder.Decode(bytes, block);
            }
            catch (Http2Exception)
            {
                return true;
            }

            return block.Fields.Length <= bytes.Length;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static string Text(HeaderBlock block) => string.Join('|', block.Fields.ToArray().Select(
        field => $"{Encoding.Latin1.GetString(field.Name(block.Bytes))}: {Encoding.Latin1.GetString(field.Value(block.Bytes))}"));
}
