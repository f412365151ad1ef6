using Landline.Cluster.Agent.Http;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Agent.Http.Http2;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Agent.Http.Http2;

/// <summary>A write that fails as none ought to. Whoever is on the other side must not wait for ever.</summary>
public sealed class Http2DefectTests
{
    private static readonly byte[] Settings = [0, 0, 0, (byte)Http2FrameKind.Settings, 0, 0, 0, 0, 0];

    [Fact]
    public async Task A_defect_in_writing_to_the_client_ends_its_connection_at_once()
    {
        await using var client = new StandInStream([.. Http2FrameHeader.Preface, .. Settings], isBroken: true);

        Task serving = ServeAsync(client, static () => throw new IOException("Nobody is there."));

        await Assert.ThrowsAsync<InvalidOperationException>(() => serving.WaitAsync(Deadline.Token));
        await client.Closed.WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task A_defect_in_writing_to_the_original_ends_that_connection_at_once_and_the_client_goes_on()
    {
        await using var client = new StandInStream([.. Http2FrameHeader.Preface, .. Settings], isBroken: false);
        await using var original = new StandInStream([], isBroken: true);

        Task serving = ServeAsync(client, () => original);

        Assert.Equal((byte)Http2FrameKind.Settings, (await client.Written.WaitAsync(Deadline.Token))[3]);
        await original.Closed.WaitAsync(Deadline.Token);
        await client.DisposeAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => serving.WaitAsync(Deadline.Token));
    }

    // In a time that does not pass: nothing is waited for.
    private static Task ServeAsync(Stream client, Func<Stream> dialOriginal) => HttpRouter.ServeAsync(
        client,
        new RouterTargets
        {
            Filters = new FilterTable(),
            DialOriginal = _ => ValueTask.FromResult(dialOriginal()),
            DialWorkstation = static (_, _) => throw new IOException("Nobody is there."),
            Time = new ManualTime(),
        },
        CancellationToken.None);

    /// <summary>Says something and is silent until it is closed.</summary>
    private sealed class StandInStream(byte[] said, bool isBroken) : Stream
    {
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<byte[]> _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _read;

        public Task Closed => _closed.Task;

        /// <summary>What was written first.</summary>
        public Task<byte[]> Written => _written.Task;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = Math.Min(buffer.Length, said.Length - _read);
            if (count > 0)
            {
                said.AsMemory(_read, count).CopyTo(buffer);
                _read += count;
                return count;
            }

            await _closed.Task.WaitAsync(cancellationToken);
            throw new ObjectDisposedException(nameof(StandInStream));
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (isBroken)
            {
                throw new InvalidOperationException("A defect.");
            }

            _written.TrySetResult(buffer.ToArray());
            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            _closed.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
