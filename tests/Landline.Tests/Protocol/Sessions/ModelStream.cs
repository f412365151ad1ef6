using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>
/// What the model knows of one stream. Byte number n of a direction is a function of n, so that a lost, repeated or
/// exchanged byte shows at once and nothing has to be remembered.
/// </summary>
internal sealed class ModelStream
{
    private readonly SessionStream?[] _ends = new SessionStream?[2];
    private readonly long[] _written = new long[2];
    private readonly long[] _read = new long[2];
    private readonly bool[] _endWritten = new bool[2];
    private readonly bool[] _endRead = new bool[2];
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly bool _hasDatagrams;
    private readonly int _opener;

    public ModelStream(StreamKind kind, int opener, SessionStream stream)
    {
        _hasDatagrams = kind == StreamKind.Udp;
        _opener = opener;
        _ends[opener] = stream;
    }

    public void Offer(int side, SessionStream stream)
    {
        Assert.Null(_ends[side]);
        _ends[side] = stream;
    }

    public void Write(int side, int size)
    {
        if (_ends[side] is not { EndReason: null } stream || _endWritten[side])
        {
            return;
        }

        if (_hasDatagrams)
        {
            Span<byte> datagram = _buffer.AsSpan(0, size % 2000);
            Fill(datagram, side, _written[side]);
            _written[side] += stream.TrySendDatagram(datagram) ? datagram.Length : 0;
            return;
        }

        Span<byte> bytes = _buffer.AsSpan(0, Math.Min(size, _buffer.Length));
        Fill(bytes, side, _written[side]);
        while (!bytes.IsEmpty)
        {
            int written = stream.TryWrite(bytes, hasTurn: false);
            if (written == 0)
            {
                return;
            }

            _written[side] += written;
            bytes = bytes[written..];
        }
    }

    /// <summary>A writer that waits for its turn tries again.</summary>
    public void WriteRest(int side) => Write(side, 1);

    public void EndWriting(int side)
    {
        if (_ends[side] is { EndReason: null } stream && (side == _opener || stream.Flow.Phase != StreamPhase.Offered))
        {
            stream.EndWriting();
            _endWritten[side] = true;
        }
    }

    public void Reset(int side) => _ends[side]?.Reset(new StreamEnd(StreamEndCode.Reset, "reset by the model"));

    public void Read(int side, int most)
    {
        if (_ends[side] is not { EndReason: null } stream || _endRead[side])
        {
            return;
        }

        int writer = 1 - side;
        while (most > 0)
        {
            Span<byte> into = _buffer.AsSpan(0, Math.Min(most, _buffer.Length));
            int read = _hasDatagrams ? stream.TryReceiveDatagram(_buffer) : stream.TryRead(into);
            if (read < 0 || (read == 0 && !_hasDatagrams))
            {
                _endRead[side] = read > -2;
                Assert.True(!_endRead[side] || _read[side] == _written[writer], "The end came before the last byte.");
                return;
            }

            AssertContent(_buffer.AsSpan(0, read), writer, _read[side]);
            _read[side] += read;
            Assert.True(_read[side] <= _written[writer], "More was read than was written.");
            most -= Math.Max(read, 1);
        }
    }

    public void AssertSettled()
    {
        StreamEnd? openerEnd = _ends[_opener]!.EndReason;
        if (openerEnd is not null)
        {
            Assert.Contains("by the model", openerEnd.Detail, StringComparison.Ordinal);

            // The other side has a reason, too, unless it had ended in order before the reset came.
            StreamEnd? otherEnd = _ends[1 - _opener]?.EndReason;
            Assert.True(otherEnd is not null || _ends[1 - _opener] is null || _endRead[1 - _opener]);
            return;
        }

        for (int side = 0; side < 2; side++)
        {
            if (_ends[side]!.EndReason is null)
            {
                Assert.True(_endRead[side], "The end has not arrived.");
                Assert.Equal(_written[1 - side], _read[side]);
            }
        }
    }

    private static void Fill(Span<byte> bytes, int side, long position)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = At(side, position + i);
        }
    }

    private static void AssertContent(ReadOnlySpan<byte> bytes, int writer, long position)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(writer, position + i))
            {
                Assert.Fail($"Byte {position + i} of direction {writer} is wrong.");
            }
        }
    }

    private static byte At(int side, long position) => (byte)((position * 167) ^ (position >> 8) ^ (position >> 16) ^ (side * 85));
}
