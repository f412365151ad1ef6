using static Landline.Cluster.Agent.Http.Hpack.HeaderBlock;

namespace Landline.Cluster.Agent.Http.Hpack;

/// <summary>
/// Decodes header blocks (RFC 7541). Holds the connection's dynamic table, so that it must see each block of the
/// connection, in order, whether the block is wanted or not.
/// <code>
/// 1xxxxxxx               indexed field
/// 01xxxxxx [name] value  literal, to be remembered
/// 001xxxxx               new size of the dynamic table
/// 0001xxxx [name] value  literal, never to be indexed
/// 0000xxxx [name] value  literal, not remembered
/// </code>
/// </summary>
internal sealed class HpackDecoder
{
    private readonly DynamicTable _table = new();

    /// <exception cref="Http2Exception">The block is wrong; the connection cannot go on.</exception>
    public void Decode(ReadOnlySpan<byte> encoded, HeaderBlock block)
    {
        block.Clear();
        while (encoded.Length > 0)
        {
            byte first = encoded[0];
            switch (first)
            {
                case >= 0x80:
                    AddIndexed(ReadInteger(ref encoded, 7), block);
                    break;
                case >= 0x40:
                    AddLiteral(ref encoded, 6, block, remember: true, neverIndexed: false);
                    break;
                case >= 0x20:
                    int size = ReadInteger(ref encoded, 5);
                    if (size > DynamicTable.LargestSize || block.Fields.Length > 0)
                    {
                        throw Error("a table size beyond what was offered, or not at the beginning");
                    }

                    _table.Resize(size);
                    break;
                default:
                    AddLiteral(ref encoded, 4, block, remember: false, neverIndexed: first >= 0x10);
                    break;
            }
        }
    }

    private void AddIndexed(int index, HeaderBlock block)
    {
        HpackEntry entry = Entry(index);
        byte staticField = index <= StaticTable.Count ? (byte)index : (byte)0;
        block.Add(entry.Name, entry.Value, new Representation(staticField, (byte)entry.StaticName, NeverIndexed: false));
    }

    private void AddLiteral(ref ReadOnlySpan<byte> encoded, int prefix, HeaderBlock block, bool remember, bool neverIndexed)
    {
        int index = ReadInteger(ref encoded, prefix);
        int staticName = 0;
        int nameLength;
        if (index > 0)
        {
            HpackEntry named = Entry(index);
            named.Name.CopyTo(block.Reserve(named.Name.Length));
            nameLength = named.Name.Length;
            staticName = named.StaticName;
            block.Advance(nameLength);
        }
        else
        {
            nameLength = ReadString(ref encoded, block);
        }

        int valueLength = ReadString(ref encoded, block);
        if (remember)
        {
            ReadOnlySpan<byte> field = block.Bytes[^(nameLength + valueLength)..];
            _table.Add(new HpackEntry(field[..nameLength].ToArray(), field[nameLength..].ToArray(), staticName));
        }

        block.Commit(nameLength, valueLength, new Representation(0, (byte)staticName, neverIndexed));
    }

    private HpackEntry Entry(int index)
    {
        int dynamic = index - StaticTable.Count - 1;
        if (index == 0 || dynamic >= _table.Count)
        {
            throw Error("an index that is in no table");
        }

        return dynamic < 0 ? StaticTable.Get(index) : _table.Get(dynamic);
    }

    private static int ReadString(ref ReadOnlySpan<byte> encoded, HeaderBlock block)
    {
        bool isHuffman = encoded.Length > 0 && encoded[0] >= 0x80;
        int length = ReadInteger(ref encoded, 7);
        if (length > encoded.Length)
        {
            throw Error("a string that is longer than the block");
        }

        ReadOnlySpan<byte> text = encoded[..length];
        encoded = encoded[length..];
        if (isHuffman)
        {
            length = HuffmanCode.Decode(text, block.Reserve(HuffmanCode.LongestDecoded(length)));
            if (length < 0)
            {
                throw Error("a string that is no Huffman code");
            }
        }
        else
        {
            text.CopyTo(block.Reserve(length));
        }

        block.Advance(length);
        return length;
    }

    /// <summary>
    /// RFC 7541, 5.1: in the prefix's bits when it fits below all ones; otherwise the rest follows, seven bits a byte,
    /// lowest first. Four more bytes hold more than any valid length here.
    /// </summary>
    private static int ReadInteger(ref ReadOnlySpan<byte> encoded, int prefix)
    {
        if (encoded.Length == 0)
        {
            throw Error("an end in mid-field");
        }

        int mask = (1 << prefix) - 1;
        int value = encoded[0] & mask;
        encoded = encoded[1..];
        if (value < mask)
        {
            return value;
        }

        for (int shift = 0; shift <= 21; shift += 7)
        {
            if (encoded.Length == 0)
            {
                throw Error("an end in mid-number");
            }

            byte next = encoded[0];
            encoded = encoded[1..];
            value += (next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Error("a number that is too large");
    }

    private static Http2Exception Error(string what) => new(Http2Error.CompressionError, $"A header block has {what}.");
}
