using System.Buffers.Binary;
using Landline.Protocol.Streams;

namespace Landline.Daemon.Attachments;

/// <summary>
/// Reads datagrams from a stream that carries bytes, as Inbound and Workload streams do; one task at a time.
/// <code>
/// u16 BE length | that many bytes
/// </code>
/// Keep in sync with docs/protocol/manager-api.md.
/// </summary>
internal sealed class DatagramReader(SessionStream stream)
{
    public const int HeaderBytes = 2;

    /// <summary>What the header can say, which is more than UDP can hold.</summary>
    public const int LongestDatagram = ushort.MaxValue;

    /// <summary>Most datagrams fit an Ethernet frame; a longer one makes the buffer grow once.</summary>
    private const int FirstBufferBytes = 4 * 1024;

    private byte[] _buffer = new byte[FirstBufferBytes];
    private int _start;
    private int _end;

    /// <summary>Valid until the next call. Null = the stream has ended.</summary>
    /// <exception cref="StreamEndedException">The stream was reset, or its session is over.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(HeaderBytes, cancellationToken))
        {
            return null;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_start));
        if (!await FillAsync(HeaderBytes + length, cancellationToken))
        {
            return null;
        }

        ReadOnlyMemory<byte> datagram = _buffer.AsMemory(_start + HeaderBytes, length);
        _start += HeaderBytes + length;
        return datagram;
    }

    private async ValueTask<bool> FillAsync(int wanted, CancellationToken cancellationToken)
    {
        while (_end - _start < wanted)
        {
            if (_buffer.Length - _start < wanted)
            {
                MakeRoom(wanted);
            }

            int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    private void MakeRoom(int wanted)
    {
        byte[] room = wanted > _buffer.Length ? new byte[HeaderBytes + LongestDatagram] : _buffer;
        _buffer.AsSpan(_start, _end - _start).CopyTo(room);
        (_buffer, _start, _end) = (room, 0, _end - _start);
    }
}
