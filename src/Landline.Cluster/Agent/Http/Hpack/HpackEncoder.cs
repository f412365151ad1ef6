using System.Buffers;
using Landline.Cluster.Agent.Http.Filters;
using static Landline.Cluster.Agent.Http.Hpack.HeaderBlock;

namespace Landline.Cluster.Agent.Http.Hpack;

/// <summary>
/// Encodes header blocks without a dynamic table and without Huffman: order, names and values stay, and the bytes are
/// good for any connection, so that a request can be sent to another upstream as it is. <see cref="NoTable"/> must
/// begin the first block of a connection.
/// </summary>
internal static class HpackEncoder
{
    /// <summary>Sets the peer's dynamic table to size 0, which satisfies any limit it may set (RFC 7541, 4.2).</summary>
    public const byte NoTable = 0x20;

    public static void Encode(HeaderBlock block, IBufferWriter<byte> output)
    {
        for (int i = 0; i < block.Fields.Length; i++)
        {
            Representation representation = block.Representations[i];
            if (representation.StaticField > 0)
            {
                WriteInteger(0x80, 7, representation.StaticField, output);
                continue;
            }

            FieldLine field = block.Fields[i];
            WriteInteger(representation.NeverIndexed ? (byte)0x10 : (byte)0, 4, representation.StaticName, output);
            if (representation.StaticName == 0)
            {
                WriteString(field.Name(block.Bytes), output);
            }

            WriteString(field.Value(block.Bytes), output);
        }
    }

    /// <summary>One field, its name in lower case.</summary>
    public static void Encode(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        WriteInteger(0, 4, 0, output);
        WriteString(name, output);
        WriteString(value, output);
    }

    private static void WriteString(ReadOnlySpan<byte> text, IBufferWriter<byte> output)
    {
        WriteInteger(0, 7, text.Length, output);
        output.Write(text);
    }

    private static void WriteInteger(byte kind, int prefix, int value, IBufferWriter<byte> output)
    {
        Span<byte> bytes = output.GetSpan(6);
        int mask = (1 << prefix) - 1;
        int length = 1;
        if (value < mask)
        {
            bytes[0] = (byte)(kind | value);
        }
        else
        {
            bytes[0] = (byte)(kind | mask);
            for (value -= mask; value >= 0x80; value >>= 7)
            {
                bytes[length++] = (byte)(value | 0x80);
            }

            bytes[length++] = (byte)value;
        }

        output.Advance(length);
    }
}
