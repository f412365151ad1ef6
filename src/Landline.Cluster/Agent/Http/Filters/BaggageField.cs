using System.Buffers;

namespace Landline.Cluster.Agent.Http.Filters;

/// <summary>
/// Finds a member in the W3C baggage header: <c>key=value;property, key2=value2</c>, values percent-encoded. Of two
/// members with one key the first counts, so that a request never has two values of one member.
/// </summary>
internal static class BaggageField
{
    /// <summary>8,192 bytes is what propagators must carry (W3C Baggage, 3.3.2); a longer value is not looked at.</summary>
    public const int LongestValue = 8192;

    public static bool Matches(ReadOnlySpan<byte> header, ReadOnlySpan<byte> key, ValuePattern pattern)
    {
        foreach (Range range in header.Split((byte)','))
        {
            ReadOnlySpan<byte> member = header[range];
            int properties = member.IndexOf((byte)';');
            member = properties < 0 ? member : member[..properties];
            int equals = member.IndexOf((byte)'=');
            if (equals >= 0 && member[..equals].Trim(" \t"u8).SequenceEqual(key))
            {
                return MatchesDecoded(member[(equals + 1)..].Trim(" \t"u8), pattern);
            }
        }

        return false;
    }

    private static bool MatchesDecoded(ReadOnlySpan<byte> value, ValuePattern pattern)
    {
        if (value.Length > LongestValue)
        {
            return false;
        }

        if (!value.Contains((byte)'%'))
        {
            return pattern.Matches(value);
        }

        byte[] decoded = ArrayPool<byte>.Shared.Rent(value.Length);
        bool matches = pattern.Matches(decoded.AsSpan(0, Decode(value, decoded)));
        ArrayPool<byte>.Shared.Return(decoded);
        return matches;
    }

    /// <summary>A percent sign that two hexadecimal digits do not follow stands for itself.</summary>
    private static int Decode(ReadOnlySpan<byte> value, Span<byte> decoded)
    {
        int length = 0;
        for (int i = 0; i < value.Length; i++)
        {
            bool encoded = value[i] == (byte)'%' && i + 2 < value.Length
                && char.IsAsciiHexDigit((char)value[i + 1]) && char.IsAsciiHexDigit((char)value[i + 2]);
            decoded[length++] = encoded ? (byte)((Hex(value[i + 1]) << 4) | Hex(value[i + 2])) : value[i];
            i += encoded ? 2 : 0;
        }

        return length;
    }

    private static int Hex(byte digit) => digit <= (byte)'9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
