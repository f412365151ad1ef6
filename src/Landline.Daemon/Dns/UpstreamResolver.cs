using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Landline.Networking.Dns;

namespace Landline.Daemon.Dns;

/// <summary>
/// Asks the name servers that this machine used before: over UDP, and over TCP when the answer did not fit and the
/// asker can take more. Each question has a socket, and so a port, of its own.
/// </summary>
/// <param name="servers">Asked anew for each question, because other connections come and go below this one.</param>
/// <param name="self">The address of our own server, which is never asked, or the question would come back for ever.</param>
/// <param name="port">53, but for tests.</param>
internal sealed class UpstreamResolver(
    Func<IReadOnlyList<IPAddress>> servers, IPAddress self, int port, TimeProvider time)
{
    // As the C library does it: two servers within the 5 s after which it asks again.
    private const int MostServers = 2;
    private static readonly TimeSpan ServerTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The first good answer, with the query's id.</summary>
    /// <exception cref="DnsUnavailableException">No server gave one.</exception>
    public async Task<byte[]> AskAsync(DnsQuery query, bool overTcp, CancellationToken cancellationToken)
    {
        byte[] message = query.Message.ToArray();
        ushort id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
        DnsMessage.SetId(message, id);
        byte[]? poor = null;
        string reason = "this machine has no name server";
        foreach (IPAddress server in servers().Where(server => !server.Equals(self)).Take(MostServers))
        {
            using var deadline = new CancellationTokenSource(ServerTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            try
            {
                byte[] answer = await AskServerAsync(new IPEndPoint(server, port), message, query, overTcp, either.Token);
                query.Message.Span[..sizeof(ushort)].CopyTo(answer);
                DnsHeader.TryRead(answer, out DnsHeader header);
                if (header.Code is not (DnsResponseCode.ServerFailure or DnsResponseCode.Refused))
                {
                    return answer;
                }

                poor ??= answer;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                reason = $"{server} did not answer";
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                reason = $"{server}: {e.Message}";
            }
        }

        return poor ?? throw new DnsUnavailableException(reason);
    }

    private static async Task<byte[]> AskServerAsync(
        IPEndPoint server, byte[] message, DnsQuery query, bool overTcp, CancellationToken cancellationToken)
    {
        byte[] answer = await AskOverUdpAsync(server, message, query, cancellationToken);
        DnsHeader.TryRead(answer, out DnsHeader header);
        return header.IsTruncated && overTcp
            ? await AskOverTcpAsync(server, message, query, cancellationToken)
            : answer;
    }

    private static async Task<byte[]> AskOverUdpAsync(
        IPEndPoint server, byte[] message, DnsQuery query, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken);
        await socket.SendAsync(message, SocketFlags.None, cancellationToken);
        byte[] buffer = new byte[DnsMessage.LargestBytes];
        while (true)
        {
            int length = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            if (IsAnswer(buffer.AsSpan(0, length), message, query.Question))
            {
                return buffer[..length];
            }
        }
    }

    private static async Task<byte[]> AskOverTcpAsync(
        IPEndPoint server, byte[] message, DnsQuery query, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellationToken);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        byte[] framed = new byte[sizeof(ushort) + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed, sizeof(ushort));
        await stream.WriteAsync(framed, cancellationToken);

        byte[] length = new byte[sizeof(ushort)];
        await stream.ReadExactlyAsync(length, cancellationToken);
        byte[] answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(answer, cancellationToken);
        return IsAnswer(answer, message, query.Question)
            ? answer
            : throw new IOException("The answer is to another question.");
    }

    // Anybody may send to an open UDP port: the id and the question must be ours (RFC 5452, 9.1).
    private static bool IsAnswer(ReadOnlySpan<byte> answer, ReadOnlySpan<byte> message, DnsQuestion question) =>
        DnsHeader.TryRead(answer, out DnsHeader header)
        && header.IsResponse
        && header.Id == BinaryPrimitives.ReadUInt16BigEndian(message)
        && HasQuestion(answer, header, question);

    private static bool HasQuestion(ReadOnlySpan<byte> answer, DnsHeader header, DnsQuestion question)
    {
        // Some servers leave the question out of FORMERR and SERVFAIL answers.
        if (header.Questions == 0)
        {
            return header.Code != DnsResponseCode.NoError;
        }

        return DnsQuestion.TryReadFirst(answer, out DnsQuestion? first) && first == question;
    }
}
