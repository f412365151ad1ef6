namespace Landline.Protocol.Links;

/// <summary>
/// Lies under a link's SslStream, which writes each record of 16 KiB by itself: collects them until a flush. Before
/// <see cref="StartCoalescing"/> it passes everything on, since the handshake does not flush.
/// </summary>
internal sealed class CoalescingStream(Stream inner) : Stream
{
    // A block of the session's log (128 KiB) with the overhead of its records, twice.
    private const int WriteBuffer = 272 * 1024;

    // Left to the garbage collector: a write that is still under way may be using it.
    private byte[]? _write;
    private int _written;
    private bool _coalesces;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void StartCoalescing() => _coalesces = true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_coalesces)
        {
            return inner.WriteAsync(buffer, cancellationToken);
        }

        _write ??= GC.AllocateUninitializedArray<byte>(WriteBuffer);
        if (_written + buffer.Length > _write.Length)
        {
            return WriteThroughAsync(buffer, cancellationToken);
        }

        buffer.Span.CopyTo(_write.AsSpan(_written));
        _written += buffer.Length;
        return ValueTask.CompletedTask;
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        ValueTask flush = SendAsync(cancellationToken);
        return flush.IsCompletedSuccessfully ? Task.CompletedTask : flush.AsTask();
    }

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

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private ValueTask SendAsync(CancellationToken cancellationToken)
    {
        int length = _written;
        _written = 0;
        return length == 0 ? ValueTask.CompletedTask : inner.WriteAsync(_write.AsMemory(0, length), cancellationToken);
    }

    private async ValueTask WriteThroughAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken);
        if (buffer.Length > _write!.Length)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            return;
        }

        buffer.Span.CopyTo(_write);
        _written = buffer.Length;
    }
}
