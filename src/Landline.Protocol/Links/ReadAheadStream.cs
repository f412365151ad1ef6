using System.Runtime.CompilerServices;

namespace Landline.Protocol.Links;

/// <summary>
/// Lies under an SslStream, which reads little at a time and asks before each read whether there is anything: reads as
/// much as there is. Writes pass through. One reader and one writer at a time.
/// </summary>
internal sealed class ReadAheadStream(Stream inner) : Stream
{
    private const int ReadBuffer = 128 * 1024;

    private byte[]? _read;
    private int _readStart;
    private int _readEnd;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

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

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Write asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    // The buffer is left to the garbage collector: a read that is still under way may be using it.
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAheadAsync(byte[] ahead, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _readEnd = await inner.ReadAsync(ahead, cancellationToken);
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
