using Landline.Protocol.Streams;

namespace Landline.Cluster.Agent.Http;

/// <summary>
/// A session's stream to a handler, as the router needs it: with the two ends that the framework's kind of stream has no
/// words for. Owned by the router once it has been returned from <see cref="RouterTargets.DialWorkstation"/>.
/// </summary>
internal sealed class WorkstationStream(SessionStream stream) : Stream
{
    private static readonly StreamEnd Gone = new(StreamEndCode.Canceled, "the caller in the cluster is gone");

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Nothing more will be written; reading goes on.</summary>
    public void EndWriting() => stream.EndWriting();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        stream.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        stream.WriteAsync(buffer, cancellationToken);

    public override void Flush()
    {
        // What is written is on its way.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Write asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>The handler sees a reset unless both directions have ended.</summary>
    protected override void Dispose(bool disposing)
    {
        stream.Reset(Gone);
        base.Dispose(disposing);
    }
}
