using Landline.Cluster.Agent.Http.Filters;

namespace Landline.Cluster.Agent.Http.Hpack;

/// <summary>
/// The fields of one HEADERS frame and its continuations, decoded, in their order. One instance for a connection, used
/// again for each block.
/// </summary>
internal sealed class HeaderBlock
{
    /// <summary>With 32 bytes for each field, as peers count it (RFC 9113, 6.5.2).</summary>
    public const int LargestSize = ReadBuffer.Largest;

    private byte[] _bytes = new byte[1024];
    private FieldLine[] _fields = new FieldLine[24];
    private Representation[] _representations = new Representation[24];
    private int _length;
    private int _count;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public ReadOnlySpan<FieldLine> Fields => _fields.AsSpan(0, _count);

    public ReadOnlySpan<Representation> Representations => _representations.AsSpan(0, _count);

    public void Clear() => _length = _count = 0;

    /// <summary>The first field of that name; empty when there is none.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> name)
    {
        foreach (FieldLine field in Fields)
        {
            if (field.Name(_bytes).SequenceEqual(name))
            {
                return field.Value(_bytes);
            }
        }

        return default;
    }

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, Representation representation)
    {
        name.CopyTo(Reserve(name.Length));
        _length += name.Length;
        value.CopyTo(Reserve(value.Length));
        _length += value.Length;
        Commit(name.Length, value.Length, representation);
    }

    /// <summary>Room for that many bytes behind what is there; not kept before <see cref="Advance"/>.</summary>
    public Span<byte> Reserve(int count)
    {
        if (_bytes.Length - _length < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }

        return _bytes.AsSpan(_length);
    }

    public void Advance(int count) => _length += count;

    /// <summary>Makes a field of the last bytes.</summary>
    public void Commit(int nameLength, int valueLength, Representation representation)
    {
        if (_length + ((_count + 1) * HpackEntry.Overhead) > LargestSize)
        {
            throw new Http2Exception(Http2Error.EnhanceYourCalm, "The headers are longer than 64 KiB.");
        }

        if (_count == _fields.Length)
        {
            Array.Resize(ref _fields, _count * 2);
            Array.Resize(ref _representations, _count * 2);
        }

        int valueStart = _length - valueLength;
        _representations[_count] = representation;
        _fields[_count++] = new FieldLine(valueStart - nameLength, nameLength, valueStart, valueLength);
    }

    /// <summary>How to say a field again: by numbers of the static table where it was said so, and never to be indexed where the sender wants that.</summary>
    /// <param name="StaticField">Number of a static entry with this name and value; 0 when there is none.</param>
    /// <param name="StaticName">Number of a static entry with this name; 0 when there is none.</param>
    internal readonly record struct Representation(byte StaticField, byte StaticName, bool NeverIndexed);
}
