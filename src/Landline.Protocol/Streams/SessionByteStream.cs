namespace Landline.Protocol.Streams;

/// <summary>A session's stream as the framework's kind of stream. Asynchronous only: nothing here may block a thread.</summary>
internal sealed class SessionByteStream(SessionStream stream) : AsynchronousStream
{
    private static readonly StreamEnd Disposed = new(StreamEndCode.Canceled, "The reader or writer gave the stream up.");

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        stream.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        stream.WriteAsync(buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Reset(Disposed);
        }

        base.Dispose(disposing);
    }
}
