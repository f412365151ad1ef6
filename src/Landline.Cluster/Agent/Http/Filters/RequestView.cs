using System.Buffers;
using System.Text;

namespace Landline.Cluster.Agent.Http.Filters;

/// <summary>
/// What a filter sees of a request, the same for HTTP/1 and HTTP/2. Points into the receive buffer: valid only until
/// the buffer is used again.
/// </summary>
internal readonly ref struct RequestView(
    ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, ReadOnlySpan<byte> block, ReadOnlySpan<FieldLine> fields)
{
    private readonly ReadOnlySpan<byte> _block = block;
    private readonly ReadOnlySpan<FieldLine> _fields = fields;

    public ReadOnlySpan<byte> Method { get; } = method;

    /// <summary>The path without its query, as it was sent: not decoded, not normalised.</summary>
    public ReadOnlySpan<byte> Path { get; } = PathOf(target);

    /// <summary>
    /// The value of a field, given in lower case; several lines of one name count as one value joined by ", "
    /// (RFC 9110, 5.3), so that a request never has two values of one field and filters on different values are disjoint.
    /// </summary>
    /// <param name="joined">Receives an array of the pool when lines had to be joined; the caller returns it.</param>
    public bool TryGetField(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value, out byte[]? joined)
    {
        joined = null;
        value = default;
        int found = 0;
        int length = 0;
        foreach (FieldLine field in _fields)
        {
            if (field.NameLength == name.Length && Ascii.EqualsIgnoreCase(field.Name(_block), name))
            {
                value = field.Value(_block);
                found++;
                length += value.Length + 2;
            }
        }

        if (found > 1)
        {
            joined = ArrayPool<byte>.Shared.Rent(length);
            value = Join(name, joined);
        }

        // HTTP/2 says in :authority what HTTP/1 says in Host (RFC 9113, 8.3.1).
        return found > 0 || (name.SequenceEqual("host"u8) && TryGetField(":authority"u8, out value, out joined));
    }

    private ReadOnlySpan<byte> Join(ReadOnlySpan<byte> name, byte[] joined)
    {
        int end = 0;
        foreach (FieldLine field in _fields)
        {
            if (field.NameLength == name.Length && Ascii.EqualsIgnoreCase(field.Name(_block), name))
            {
                if (end > 0)
                {
                    ", "u8.CopyTo(joined.AsSpan(end));
                    end += 2;
                }

                field.Value(_block).CopyTo(joined.AsSpan(end));
                end += field.ValueLength;
            }
        }

        return joined.AsSpan(0, end);
    }

    private static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> target)
    {
        if (target.Length > 0 && target[0] != (byte)'/')
        {
            // Absolute form, "http://host/path" (RFC 9112, 3.2.2). Anything else ("*", "host:port") is its own path.
            int authority = target.IndexOf("://"u8);
            if (authority < 0)
            {
                return target;
            }

            target = target[(authority + 3)..];
            int slash = target.IndexOfAny((byte)'/', (byte)'?');
            target = slash < 0 || target[slash] == (byte)'?' ? "/"u8 : target[slash..];
        }

        int query = target.IndexOf((byte)'?');
        return query < 0 ? target : target[..query];
    }
}
