namespace Landline.Cluster.Agent.Http.Http1;

/// <summary>
/// Finds the end of a chunked body (RFC 9112, 7.1) in pieces of any size, trailers included, without changing a byte.
/// <code>
/// chunk      = 1*HEXDIG [ ";" extension ] CRLF data CRLF
/// last-chunk = 1*"0"    [ ";" extension ] CRLF *( trailer CRLF ) CRLF
/// </code>
/// Strict about CRLF and digits: readers that differ there are what request smuggling lives on.
/// </summary>
internal sealed class ChunkScanner
{
    /// <summary>15 hexadecimal digits fit a signed 64-bit number.</summary>
    private const int MostDigits = 15;

    /// <summary>For the extensions of one chunk and for all trailers, as for a head.</summary>
    private const int MostOverhead = ReadBuffer.Largest;

    private State _state;
    private long _size;
    private int _digits;
    private int _overhead;

    private enum State
    {
        Size,
        Extension,
        SizeLineFeed,
        Data,
        DataReturn,
        DataLineFeed,
        TrailerStart,
        Trailer,
        TrailerLineFeed,
        LastLineFeed,
        Complete,
        Invalid,
    }

    public bool IsComplete => _state == State.Complete;

    public bool IsInvalid => _state == State.Invalid;

    public void Reset()
    {
        _state = State.Size;
        _size = _digits = _overhead = 0;
    }

    /// <returns>How many of the bytes belong to this body; the rest is not looked at.</returns>
    public int Scan(ReadOnlySpan<byte> bytes)
    {
        int position = 0;
        while (position < bytes.Length && _state < State.Complete)
        {
            if (_state == State.Data)
            {
                int taken = (int)Math.Min(_size, bytes.Length - position);
                position += taken;
                _size -= taken;
                _state = _size == 0 ? State.DataReturn : State.Data;
                continue;
            }

            _state = Next(bytes[position]);
            if (_state != State.Invalid)
            {
                position++;
            }
        }

        return position;
    }

    private State Next(byte value) => _state switch
    {
        State.Size => InSize(value),
        State.Extension => value == (byte)'\r' ? State.SizeLineFeed : InOverhead(value, State.Extension),
        State.SizeLineFeed => value != (byte)'\n' ? State.Invalid : EndOfSize(),
        State.DataReturn => value == (byte)'\r' ? State.DataLineFeed : State.Invalid,
        State.DataLineFeed => value == (byte)'\n' ? State.Size : State.Invalid,
        State.TrailerStart => value == (byte)'\r' ? State.LastLineFeed : InOverhead(value, State.Trailer),
        State.Trailer => value == (byte)'\r' ? State.TrailerLineFeed : InOverhead(value, State.Trailer),
        State.TrailerLineFeed => value == (byte)'\n' ? State.TrailerStart : State.Invalid,
        State.LastLineFeed => value == (byte)'\n' ? State.Complete : State.Invalid,
        _ => State.Invalid,
    };

    private State InSize(byte value)
    {
        if (char.IsAsciiHexDigit((char)value))
        {
            _size = (_size << 4) | (uint)(value <= (byte)'9' ? value - '0' : (value | 0x20) - 'a' + 10);
            return ++_digits <= MostDigits ? State.Size : State.Invalid;
        }

        return _digits == 0 ? State.Invalid : value switch
        {
            (byte)'\r' => State.SizeLineFeed,
            (byte)';' or (byte)' ' or (byte)'\t' => State.Extension,
            _ => State.Invalid,
        };
    }

    private State InOverhead(byte value, State next) =>
        value is (byte)'\n' or 0 || ++_overhead > MostOverhead ? State.Invalid : next;

    private State EndOfSize()
    {
        _digits = _overhead = 0;
        return _size == 0 ? State.TrailerStart : State.Data;
    }
}
