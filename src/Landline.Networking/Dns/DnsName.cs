using System.Text;

namespace Landline.Networking.Dns;

/// <summary>
/// A domain name as lower-case text without the last dot; the root is empty. Bytes that are no plain host name
/// character are written <c>\DDD</c> as in zone files, so that any name survives the round trip.
/// Comparison is the string's, which is right because the case was folded on reading.
/// </summary>
internal static class DnsName
{
    public const int LongestWireBytes = 255;
    public const int LongestLabelBytes = 63;

    // A name has at most 127 labels; more pointers than that are a loop or an attack.
    private const int MostPointers = 127;

    /// <summary>Reads a name at <paramref name="offset"/> and moves it behind the name, following pointers backwards only.</summary>
    /// <exception cref="DnsFormatException">Truncated, too long, or pointers that do not go back.</exception>
    public static string Read(ReadOnlySpan<byte> message, ref int offset, bool foldCase)
    {
        var text = new StringBuilder();
        int position = offset;
        int lowest = offset;
        int wireBytes = 1;
        int pointers = 0;
        bool jumped = false;
        while (true)
        {
            int length = At(message, position);
            if ((length & 0xC0) == 0xC0)
            {
                int target = ((length & 0x3F) << 8) | At(message, position + 1);
                offset = jumped ? offset : position + 2;
                jumped = true;
                if (target >= lowest || ++pointers > MostPointers)
                {
                    throw new DnsFormatException("A compressed name does not point back.");
                }

                position = lowest = target;
                continue;
            }

            if (length == 0)
            {
                offset = jumped ? offset : position + 1;
                return text.ToString();
            }

            wireBytes += length + 1;
            if (length > LongestLabelBytes || wireBytes > LongestWireBytes || position + 1 + length > message.Length)
            {
                throw new DnsFormatException("A label is too long or truncated.");
            }

            Append(text, message.Slice(position + 1, length), foldCase);
            position += length + 1;
        }
    }

    /// <summary>The labels of a name in text form, as bytes.</summary>
    /// <exception cref="FormatException">An empty or too long label, or a name of more than 255 bytes.</exception>
    public static List<byte[]> Labels(string name)
    {
        var labels = new List<byte[]>();
        var label = new List<byte>(LongestLabelBytes);
        int wireBytes = 1;
        for (int i = 0; i <= name.Length; i++)
        {
            if (i < name.Length && name[i] != '.')
            {
                label.Add(name[i] switch
                {
                    '\\' => Escaped(name, ref i),
                    > '\u007e' => throw new FormatException($"'{name}' is no domain name."),
                    char character => (byte)character,
                });
                continue;
            }

            if (label.Count == 0 && name.Length == 0)
            {
                break;
            }

            wireBytes += label.Count + 1;
            if (label.Count is 0 or > LongestLabelBytes || wireBytes > LongestWireBytes)
            {
                throw new FormatException($"'{name}' is no domain name.");
            }

            labels.Add([.. label]);
            label.Clear();
        }

        return labels;
    }

    private static int At(ReadOnlySpan<byte> message, int position) =>
        position < message.Length ? message[position] : throw new DnsFormatException("A name is truncated.");

    private static void Append(StringBuilder text, ReadOnlySpan<byte> label, bool foldCase)
    {
        if (text.Length > 0)
        {
            text.Append('.');
        }

        foreach (byte value in label)
        {
            char character = (char)(foldCase && value is >= (byte)'A' and <= (byte)'Z' ? value | 0x20 : value);
            if (value is > 0x20 and < 0x7F and not ((byte)'.' or (byte)'\\'))
            {
                text.Append(character);
            }
            else
            {
                text.Append('\\').Append((char)('0' + (value / 100)))
                    .Append((char)('0' + (value / 10 % 10))).Append((char)('0' + (value % 10)));
            }
        }
    }

    private static byte Escaped(string name, ref int position)
    {
        if (position + 3 >= name.Length)
        {
            throw new FormatException($"'{name}' ends in mid-escape.");
        }

        int value = 0;
        for (int i = 1; i <= 3; i++)
        {
            int digit = name[position + i] - '0';
            value = digit is >= 0 and <= 9
                ? (value * 10) + digit
                : throw new FormatException($"'{name}' has a bad escape.");
        }

        position += 3;
        return value <= byte.MaxValue ? (byte)value : throw new FormatException($"'{name}' has a bad escape.");
    }
}
