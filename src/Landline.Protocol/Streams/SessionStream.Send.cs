using System.Runtime.CompilerServices;
using Landline.Protocol.Sessions;

namespace Landline.Protocol.Streams;

/// <content>What is sent: copied into the session's log, one frame a turn, as credit and room allow.</content>
public sealed partial class SessionStream
{
    /// <summary>Set when the stream's turn to write has come, or when it is over.</summary>
    internal WakeSignal Turn { get; } = new();

    /// <summary>
    /// Waits until every byte is in the session's log, from where it reaches the peer unless the stream or the session
    /// ends. When canceled, some of the bytes may have been written.
    /// </summary>
    /// <exception cref="StreamEndedException">The stream was reset, its session is over, or EndWriting was called.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (HasDatagrams)
        {
            throw new InvalidOperationException($"Streams of kind {Kind} carry datagrams.");
        }

        int written = 0;
        while (written < bytes.Length)
        {
            int length = TryWrite(bytes.Span[written..], hasTurn: false);
            if (length == 0)
            {
                return WriteLaterAsync(this, bytes[written..], cancellationToken);
            }

            written += length;
        }

        return ValueTask.CompletedTask;

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        static async ValueTask WriteLaterAsync(SessionStream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            await using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                static turn => ((WakeSignal)turn!).Set(), stream.Turn);
            while (!bytes.IsEmpty)
            {
                await stream.Turn.WaitAsync();
                cancellationToken.ThrowIfCancellationRequested();
                int length;
                for (bool hasTurn = true; !bytes.IsEmpty && (length = stream.TryWrite(bytes.Span, hasTurn)) > 0; hasTurn = false)
                {
                    bytes = bytes[length..];
                }
            }
        }
    }

    /// <summary>For the datagram kinds: false = dropped, for want of credit or room, or because the stream is over.</summary>
    public bool TrySendDatagram(ReadOnlySpan<byte> datagram)
    {
        if (!HasDatagrams)
        {
            throw new InvalidOperationException($"Streams of kind {Kind} carry bytes.");
        }

        bool sent = _core.TrySendDatagram(this, datagram, out Link? pump);
        pump?.Pump();
        return sent;
    }

    /// <summary>Writes one frame at most; zero = the turn comes later.</summary>
    internal int TryWrite(ReadOnlySpan<byte> bytes, bool hasTurn)
    {
        var source = new MemorySource(bytes);
        AppendStatus status = _core.Append(this, ref source, bytes.Length, hasTurn, out int written, out _, out Link? pump);
        pump?.Pump();
        return status == AppendStatus.Over
            ? throw new StreamEndedException(EndReason ?? new StreamEnd(StreamEndCode.Canceled, "This side has ended writing."))
            : written;
    }
}
