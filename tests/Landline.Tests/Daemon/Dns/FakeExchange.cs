using System.Threading.Channels;
using Landline.Daemon.Dns;

namespace Landline.Tests.Daemon.Dns;

/// <summary>The cluster's side of an exchange: keeps what was asked, and sends what the test says.</summary>
internal sealed class FakeExchange : IDnsExchange
{
    private readonly Channel<byte[]> _asked = Channel.CreateBounded<byte[]>(1000);
    private readonly Channel<byte[]> _answers = Channel.CreateBounded<byte[]>(1000);

    public bool IsFull { get; set; }

    public bool TrySend(ReadOnlySpan<byte> message) => !IsFull && _asked.Writer.TryWrite(message.ToArray());

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!await _answers.Reader.WaitToReadAsync(cancellationToken) || !_answers.Reader.TryRead(out byte[]? answer))
        {
            return -1;
        }

        answer.CopyTo(buffer);
        return answer.Length;
    }

    public void Close() => _answers.Writer.TryComplete();

    public ValueTask<byte[]> NextQuestionAsync(CancellationToken cancellationToken) => _asked.Reader.ReadAsync(cancellationToken);

    public void Answer(byte[] message) => Assert.True(_answers.Writer.TryWrite(message));
}
