namespace Landline.Cluster.Agent.Http.Hpack;

/// <summary>
/// Decodes the Huffman code of RFC 7541, appendix B. The code is canonical: the lengths determine it, shorter first,
/// then by symbol. Only decoding is needed: what is sent is sent plain.
/// </summary>
internal static class HuffmanCode
{
    private const int EndOfString = 256;
    private const int LongestCode = 30;

    /// <summary>Bits of each symbol's code, for the 256 bytes and the end of string.</summary>
    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    // Of all codes of one length: the first, left-aligned in 32 bits, and where its symbol stands in Symbols.
    private static readonly uint[] FirstCodes = new uint[LongestCode + 2];
    private static readonly int[] FirstSymbols = new int[LongestCode + 2];
    private static readonly ushort[] Symbols = new ushort[EndOfString + 1];

    // By the next eight bits: symbol and length where the code is that short, which those of common characters are.
    private static readonly (byte Symbol, byte Length)[] Short = new (byte, byte)[256];

    static HuffmanCode()
    {
        uint code = 0;
        int position = 0;
        for (int length = 1; length <= LongestCode; length++)
        {
            FirstCodes[length] = code;
            FirstSymbols[length] = position;
            for (int symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (Lengths[symbol] != length)
                {
                    continue;
                }

                if (length <= 8)
                {
                    Short.AsSpan((int)(code >> 24), 1 << (8 - length)).Fill(((byte)symbol, (byte)length));
                }

                Symbols[position++] = (ushort)symbol;
                code += 1u << (32 - length);
            }
        }

        FirstCodes[LongestCode + 1] = uint.MaxValue;
    }

    /// <summary>A byte has at least five bits.</summary>
    public static int LongestDecoded(int encodedBytes) => encodedBytes * 8 / 5;

    /// <returns>How many bytes were decoded, or -1: an end of string within, or padding that is not a few one bits.</returns>
    public static int Decode(ReadOnlySpan<byte> encoded, Span<byte> decoded)
    {
        ulong bits = 0;
        int available = 0;
        int read = 0;
        int written = 0;
        while (true)
        {
            while (available <= 56 && read < encoded.Length)
            {
                bits |= (ulong)encoded[read++] << (56 - available);
                available += 8;
            }

            if (available == 0)
            {
                return written;
            }

            (byte symbol, byte length) = Short[bits >> 56];
            if (length == 0 && !TryFind((uint)(bits >> 32), out symbol, out length) && available >= LongestCode)
            {
                return -1;
            }

            if (length == 0 || length > available)
            {
                // Padding: fewer than eight bits, all one (RFC 7541, 5.2).
                return available < 8 && bits >> (64 - available) == (1ul << available) - 1 ? written : -1;
            }

            decoded[written++] = symbol;
            bits <<= length;
            available -= length;
        }
    }

    private static bool TryFind(uint bits, out byte symbol, out byte length)
    {
        int bitCount = 9;
        while (bitCount < LongestCode && bits >= FirstCodes[bitCount + 1])
        {
            bitCount++;
        }

        int index = FirstSymbols[bitCount] + (int)((bits - FirstCodes[bitCount]) >> (32 - bitCount));
        ushort found = Symbols[index];
        symbol = (byte)found;
        length = found == EndOfString ? (byte)0 : (byte)bitCount;
        return found != EndOfString;
    }
}
