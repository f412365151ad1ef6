using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Landline.Cluster.Manager.Dns;

/// <summary>
/// Asks the cluster's resolver one question at a time: over UDP from a new port each (so that nobody can guess where an
/// answer would be accepted), over TCP when the answer does not fit. Thread-safe, without state.
/// </summary>
internal sealed class DnsForwarder(IReadOnlyList<IPEndPoint> nameServers, TimeProvider timeProvider)
{
    /// <summary>Two tries stay under the five seconds after which the C library of the asker asks again.</summary>
    private static readonly TimeSpan TryDuration = TimeSpan.FromSeconds(2);

    private const int Tries = 2;
    private const int LongestMessageBytes = ushort.MaxValue;

    /// <summary>Always an answer: "server failure" when no resolver gave one.</summary>
    public async Task<ReadOnlyMemory<byte>> AskAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < Tries && nameServers.Count > 0; attempt++)
        {
            IPEndPoint server = nameServers[attempt % nameServers.Count];
            using var deadline = new CancellationTokenSource(TryDuration, timeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                ReadOnlyMemory<byte> answer = await AskOverUdpAsync(server, query, either.Token);
                return DnsMessage.IsTruncated(answer.Span)
                    ? await AskOverTcpAsync(server, query, either.Token) ?? answer
                    : answer;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // No answer in time: the next try, perhaps with the next server.
            }
            catch (SocketException)
            {
                // The server is not there; neither is an answer.
            }
        }

        return DnsMessage.Failure(query.Span);
    }

    private static async Task<ReadOnlyMemory<byte>> AskOverUdpAsync(
        IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken); // Sends nothing; lets in only what comes from there.
        await socket.SendAsync(query, cancellationToken);
        while (true)
        {
            // Of no length: completes when there is something and consumes nothing, so that no buffer waits.
            await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(LongestMessageBytes);
            try
            {
                int length = await socket.ReceiveAsync(buffer, cancellationToken);
                if (DnsMessage.IsAnswer(buffer.AsSpan(0, length), query.Span))
                {
                    return buffer.AsSpan(0, length).ToArray();
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Null = the resolver does not answer over TCP as it should.</summary>
    private static async Task<ReadOnlyMemory<byte>?> AskOverTcpAsync(
        IPEndPoint server, ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server, cancellationToken);
            await using var connection = new NetworkStream(socket, ownsSocket: false);
            byte[] message = new byte[2 + query.Length];
            BinaryPrimitives.WriteUInt16BigEndian(message, (ushort)query.Length);
            query.CopyTo(message.AsMemory(2));
            await connection.WriteAsync(message, cancellationToken);

            byte[] prefix = new byte[2];
            await connection.ReadExactlyAsync(prefix, cancellationToken);
            byte[] answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
            await connection.ReadExactlyAsync(answer, cancellationToken);
            return DnsMessage.IsAnswer(answer, query.Span) ? answer : null;
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return null; // The truncated answer is better than none.
        }
    }
}
