namespace Landline.Protocol.Links;

/// <summary>
/// Lies under a link's SslStream, which writes each record of 16 KiB by itself: collects them until a flush. Before
/// <see cref="StartCoalescing"/> it passes everything on, since the handshake does not flush.
/// </summary>
internal sealed class CoalescingStream(Stream connection) : LinkLayer(connection)
{
    // A block of the session's log (128 KiB) with the overhead of its records, twice.
    private const int WriteBuffer = 272 * 1024;

    // Left to the garbage collector: a write that is still under way may be using it.
    private byte[]? _write;
    private int _written;
    private bool _coalesces;

    public void StartCoalescing() => _coalesces = true;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_coalesces)
        {
            return base.WriteAsync(buffer, cancellationToken);
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

    private ValueTask SendAsync(CancellationToken cancellationToken)
    {
        int length = _written;
        _written = 0;
        return length == 0 ? ValueTask.CompletedTask : base.WriteAsync(_write.AsMemory(0, length), cancellationToken);
    }

    private async ValueTask WriteThroughAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken);
        if (buffer.Length > _write!.Length)
        {
            await base.WriteAsync(buffer, cancellationToken);
            return;
        }

        buffer.Span.CopyTo(_write);
        _written = buffer.Length;
    }
}
