using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>Whether the bytes so far hold a head.</summary>
internal enum HeadStatus
{
    Incomplete,
    Complete,

    /// <summary>Not HTTP/1, or HTTP/1 that two readers could understand differently: to be passed on as bytes.</summary>
    NotUnderstood,
}

/// <summary>
/// Finds the end of a head and what matters for framing, without changing or copying a byte. Strict where leniency
/// would let two parsers disagree about where a message ends (RFC 9112, 11.2): line ends other than CRLF, folded lines,
/// space around a name, more than one Content-Length, any Transfer-Encoding but one plain "chunked", or both, make the
/// head <see cref="HeadStatus.NotUnderstood"/>. One instance for a connection, used again for each head.
/// </summary>
internal abstract class MessageHead
{
    private static readonly SearchValues<byte> LineEnds = SearchValues.Create("\r\n\0"u8);

    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private FieldLine[] _fields = new FieldLine[24];
    private int _count;
    private int _searched;

    /// <summary>With the start line, the empty line and empty lines before the start line.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<FieldLine> Fields => _fields.AsSpan(0, _count);

    /// <summary>-1: not given.</summary>
    public long ContentLength { get; private set; }

    public bool IsChunked { get; private set; }

    public bool HasUpgrade { get; private set; }

    /// <summary>The sender will close the connection after this message.</summary>
    public bool EndsConnection { get; private set; }

    public bool IsVersion11 { get; protected set; }

    /// <summary>Where the empty line ahead of a start line may be skipped (RFC 9112, 2.2).</summary>
    protected abstract int MostEmptyLines { get; }

    /// <param name="bytes">From the head's first byte. Call again with more bytes after Incomplete.</param>
    public HeadStatus Parse(ReadOnlySpan<byte> bytes)
    {
        int start = 0;
        while (start < MostEmptyLines * 2 && bytes[start..].StartsWith("\r\n"u8))
        {
            start += 2;
        }

        int from = Math.Max(start, _searched - 3);
        int end = from < bytes.Length ? bytes[from..].IndexOf("\r\n\r\n"u8) : -1;
        if (end < 0)
        {
            return CouldBecomeHead(bytes, start) ? HeadStatus.Incomplete : HeadStatus.NotUnderstood;
        }

        Length = from + end + 4;
        _searched = 0;
        return ParseLines(bytes[..Length], start) ? HeadStatus.Complete : HeadStatus.NotUnderstood;
    }

    public static bool IsToken(ReadOnlySpan<byte> bytes) => bytes.Length > 0 && !bytes.ContainsAnyExcept(NameBytes);

    protected abstract bool ParseStartLine(ReadOnlySpan<byte> line, int offset);

    /// <summary>Whether a start line of which only the beginning is there may still become a good one.</summary>
    protected abstract bool CouldBecomeStartLine(ReadOnlySpan<byte> beginning);

    private bool CouldBecomeHead(ReadOnlySpan<byte> bytes, int start)
    {
        ReadOnlySpan<byte> head = bytes[start..];
        int lineEnd = head.IndexOf((byte)'\n');
        if (lineEnd < 0)
        {
            _searched = bytes.Length;
            return head.Length == 0 || head is [(byte)'\r'] || CouldBecomeStartLine(head);
        }

        if (lineEnd == 0 || head[lineEnd - 1] != (byte)'\r' || !ParseStartLine(head[..(lineEnd - 1)], start))
        {
            return false;
        }

        // A client that ends its lines with LF alone would otherwise wait for us for ever.
        for (int i = Math.Max(start + lineEnd + 1, _searched); i < bytes.Length; i++)
        {
            if (bytes[i] == (byte)'\n' && bytes[i - 1] != (byte)'\r')
            {
                return false;
            }
        }

        _searched = bytes.Length;
        return true;
    }

    private bool ParseLines(ReadOnlySpan<byte> head, int start)
    {
        _count = 0;
        ContentLength = -1;
        IsChunked = HasUpgrade = false;
        bool close = false;
        bool keepAlive = false;
        bool hasCoding = false;
        bool isFirst = true;
        int position = start;
        while (true)
        {
            ReadOnlySpan<byte> rest = head[position..];
            int length = rest.IndexOfAny(LineEnds);
            if (length < 0 || rest[length] != (byte)'\r' || rest[length + 1] != (byte)'\n')
            {
                return false;
            }

            ReadOnlySpan<byte> line = rest[..length];
            if (isFirst)
            {
                if (!ParseStartLine(line, position))
                {
                    return false;
                }

                isFirst = false;
            }
            else if (length == 0)
            {
                EndsConnection = close || (!IsVersion11 && !keepAlive);
                return !hasCoding || (IsVersion11 && ContentLength < 0);
            }
            else if (!ParseField(line, position, ref hasCoding, ref close, ref keepAlive))
            {
                return false;
            }

            position += length + 2;
        }
    }

    private bool ParseField(ReadOnlySpan<byte> line, int offset, ref bool hasCoding, ref bool close, ref bool keepAlive)
    {
        int colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(NameBytes))
        {
            return false;
        }

        ReadOnlySpan<byte> value = line[(colon + 1)..];
        ReadOnlySpan<byte> trimmed = value.TrimStart(" \t"u8);
        int valueStart = offset + colon + 1 + value.Length - trimmed.Length;
        trimmed = trimmed.TrimEnd(" \t"u8);
        if (_count == _fields.Length)
        {
            Array.Resize(ref _fields, _count * 2);
        }

        _fields[_count++] = new FieldLine(offset, colon, valueStart, trimmed.Length);
        ReadOnlySpan<byte> name = line[..colon];
        switch (colon)
        {
            case 7 when Ascii.EqualsIgnoreCase(name, "upgrade"u8):
                HasUpgrade = true;
                return true;
            case 10 when Ascii.EqualsIgnoreCase(name, "connection"u8):
                close |= HasToken(trimmed, "close"u8);
                keepAlive |= HasToken(trimmed, "keep-alive"u8);
                return true;
            case 14 when Ascii.EqualsIgnoreCase(name, "content-length"u8):
                return ContentLength < 0 && TryParseLength(trimmed);
            case 17 when Ascii.EqualsIgnoreCase(name, "transfer-encoding"u8):
                bool isOnly = !hasCoding;
                hasCoding = IsChunked = true;
                return isOnly && Ascii.EqualsIgnoreCase(trimmed, "chunked"u8);
            default:
                return true;
        }
    }

    /// <summary>At most 18 digits, which always fit; the parser alone would also take a sign.</summary>
    private bool TryParseLength(ReadOnlySpan<byte> value)
    {
        bool parsed = value.Length is > 0 and <= 18 && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(value, out long length, out _) && (ContentLength = length) >= 0;
        return parsed;
    }

    private static bool HasToken(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
    {
        foreach (Range range in list.Split((byte)','))
        {
            if (Ascii.EqualsIgnoreCase(list[range].Trim(" \t"u8), token))
            {
                return true;
            }
        }

        return false;
    }
}
