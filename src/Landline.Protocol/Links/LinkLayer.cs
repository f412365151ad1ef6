using Landline.Protocol.Streams;

namespace Landline.Protocol.Links;

/// <summary>One of the streams that lie over each other in a link. Owns the one below and passes everything to it.</summary>
internal abstract class LinkLayer(Stream below) : AsynchronousStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        below.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        below.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => below.FlushAsync(cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await below.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            below.Dispose();
        }

        base.Dispose(disposing);
    }
}
