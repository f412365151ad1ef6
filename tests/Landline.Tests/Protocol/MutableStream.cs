namespace Landline.Tests.Protocol;

/// <summary>A link that can fall silent, as one does whose path drops packets: writes succeed and go nowhere, reads wait.</summary>
internal sealed class MutableStream(Stream link) : Stream
{
    private readonly CancellationTokenSource _closed = new();
    private volatile bool _isMute;

    public bool IsMute
    {
        get => _isMute;
        set => _isMute = value;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await link.ReadAsync(buffer, cancellationToken);
        return IsMute ? await NothingAsync() : read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        IsMute ? ValueTask.CompletedTask : link.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        IsMute ? Task.CompletedTask : link.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _closed.Cancel();
        link.Dispose();
        base.Dispose(disposing);
    }

    private async Task<int> NothingAsync()
    {
        var never = new TaskCompletionSource<int>();
        await using CancellationTokenRegistration closed = _closed.Token.Register(
            () => never.TrySetException(new IOException("The link was closed.")));
        return await never.Task;
    }
}
