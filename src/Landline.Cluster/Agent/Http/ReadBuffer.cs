using System.Buffers;

namespace Landline.Cluster.Agent.Http;

/// <summary>
/// Bytes received and not yet used, in one array of the pool. Small while messages are small, so that thousands of idle
/// connections cost little, and doubled up to 64 KiB while reads fill it. One reader; spans are valid until the next
/// <see cref="Prepare"/>.
/// </summary>
internal sealed class ReadBuffer : IDisposable
{
    /// <summary>The longest head: twice what servers commonly take, and one frame of the session protocol.</summary>
    public const int Largest = 64 * 1024;

    private const int Smallest = 4 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(Smallest);
    private int _start;
    private int _end;
    private bool _filled;

    public int Length => _end - _start;

    public bool IsFull => Length >= Largest;

    public ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, Length);

    public ReadOnlyMemory<byte> UnreadMemory => _bytes.AsMemory(_start, Length);

    public void Consume(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Room for at least one byte; not to be called when full.</summary>
    public Memory<byte> Prepare()
    {
        if (Length == 0 && _bytes.Length > Smallest && !_filled)
        {
            Move(Smallest);
        }
        else if (_end == _bytes.Length || (Length == 0 && _filled && _bytes.Length < Largest))
        {
            Move(_filled && Length * 2 >= _bytes.Length || Length == 0 ? Math.Min(_bytes.Length * 2, Largest) : _bytes.Length);
        }

        return _bytes.AsMemory(_end);
    }

    public void Commit(int count)
    {
        _end += count;
        _filled = _end == _bytes.Length;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref _bytes, []));

    private void Move(int size)
    {
        byte[] target = size == _bytes.Length ? _bytes : ArrayPool<byte>.Shared.Rent(size);
        Unread.CopyTo(target);
        _end = Length;
        _start = 0;
        if (target != _bytes)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = target;
        }
    }
}
