using System.Runtime.CompilerServices;

namespace Landline.Protocol.Links;

/// <summary>
/// Lies under an SslStream or a WebSocket, which reads little at a time and asks before each read whether there is anything: reads as
/// much as there is. Writes pass through. One reader and one writer at a time.
/// </summary>
internal sealed class ReadAheadStream(Stream connection) : LinkLayer(connection)
{
    private const int ReadBuffer = 128 * 1024;

    // Left to the garbage collector: a read that is still under way may be using it.
    private byte[]? _read;
    private int _readStart;
    private int _readEnd;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_readStart < _readEnd)
        {
            return ValueTask.FromResult(TakeRead(buffer.Span));
        }

        // An empty buffer asks to be told when there is something; it is read at once, for the call that follows.
        _read ??= GC.AllocateUninitializedArray<byte>(ReadBuffer);
        return ReadAheadAsync(_read, buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAheadAsync(byte[] ahead, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _readEnd = await base.ReadAsync(ahead, cancellationToken);
        _readStart = 0;
        return TakeRead(buffer.Span);
    }

    private int TakeRead(Span<byte> destination)
    {
        int length = Math.Min(destination.Length, _readEnd - _readStart);
        _read.AsSpan(_readStart, length).CopyTo(destination);
        _readStart += length;
        return length;
    }
}
