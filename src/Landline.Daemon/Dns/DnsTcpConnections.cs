using System.Buffers.Binary;
using System.Net.Sockets;
using Landline.Networking.Dns;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Dns;

/// <summary>
/// The TCP connections of a DNS server: <c>u16 BE length | message</c> both ways, many questions without waiting
/// (RFC 7766), answers in the order in which they are ready.
/// </summary>
internal sealed class DnsTcpConnections(DnsHandler handler, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    // Ordinary programs use one each, for one answer that was too large for UDP. One more is closed at once.
    private const int MostConnections = 128;

    // The reader waits when that many questions of one connection are unanswered.
    private const int MostQuestions = 32;

    // RFC 7766, 6.2.3 advises "a few seconds".
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _room = new(MostConnections, MostConnections);

    public void Serve(Socket connection, CancellationToken stop)
    {
        if (!_room.Wait(TimeSpan.Zero, stop))
        {
            connection.Dispose();
            return;
        }

        // Counted by _room, which disposal empties.
        _ = Task.Run(() => ServeAsync(connection, stop), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = 0; i < MostConnections; i++)
        {
            await _room.WaitAsync(CancellationToken.None);
        }

        _room.Dispose();
    }

    private async Task ServeAsync(Socket connection, CancellationToken stop)
    {
        using var questions = new SemaphoreSlim(MostQuestions, MostQuestions);
        using var writing = new SemaphoreSlim(1, 1);
        await using var stream = new NetworkStream(connection, ownsSocket: true);
        try
        {
            while (await ReadAsync(stream, stop) is { } message)
            {
                await questions.WaitAsync(stop);
                _ = AnswerAsync(stream, message, questions, writing, stop);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The asker has gone, was silent too long, or the server stops; open questions end with the stream.
            DnsLog.AskerGone(logger, e.Message);
            await stream.DisposeAsync();
        }
        finally
        {
            for (int i = 0; i < MostQuestions; i++)
            {
                await questions.WaitAsync(CancellationToken.None);
            }

            _room.Release();
        }
    }

    // Null at the asker's orderly end, or when what it sends is no DNS.
    private async Task<byte[]?> ReadAsync(NetworkStream stream, CancellationToken stop)
    {
        using var idle = new CancellationTokenSource(IdleTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, idle.Token);
        byte[] length = new byte[sizeof(ushort)];
        if (await stream.ReadAtLeastAsync(length, length.Length, throwOnEndOfStream: false, either.Token) < length.Length)
        {
            return null;
        }

        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        int read = await stream.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, either.Token);
        return read == message.Length && read >= DnsHeader.Bytes ? message : null;
    }

    private async Task AnswerAsync(
        NetworkStream stream, byte[] message, SemaphoreSlim questions, SemaphoreSlim writing, CancellationToken stop)
    {
        try
        {
            byte[] answer = await handler(message, overTcp: true, stop);
            byte[] framed = new byte[sizeof(ushort) + answer.Length];
            BinaryPrimitives.WriteUInt16BigEndian(framed, checked((ushort)answer.Length));
            answer.CopyTo(framed, sizeof(ushort));
            await writing.WaitAsync(stop);
            try
            {
                using var idle = new CancellationTokenSource(IdleTimeout, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, idle.Token);
                await stream.WriteAsync(framed, either.Token);
            }
            finally
            {
                writing.Release();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            DnsLog.AskerGone(logger, e.Message);
        }
        catch (Exception e)
        {
            DnsLog.AnsweringFailed(logger, e);
        }
        finally
        {
            questions.Release();
        }
    }
}
