using System.Net.Sockets;
using Landline.Cluster.Agent.Http.Http1;
using Landline.Cluster.Agent.Http.Http2;

namespace Landline.Cluster.Agent.Http;

/// <summary>
/// Serves a client connection that was redirected to the agent: each HTTP request goes to the workstation whose
/// attachment's filter it matches, everything else to the original container, unchanged. What is not HTTP, TLS
/// included, goes to the original as bytes.
/// </summary>
internal static class HttpRouter
{
    /// <summary>
    /// HTTP clients speak at once. After this silence the original is connected to, for protocols whose server speaks
    /// first; a human does not notice it.
    /// </summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(200);

    /// <summary>Takes the socket over and returns when the connection is done with.</summary>
    public static async Task ServeAsync(Socket client, RouterTargets targets, CancellationToken cancellationToken)
    {
        // Heads and bodies are written in pieces: waiting to fill a segment would hold them back.
        client.NoDelay = true;
        await ServeAsync(new NetworkStream(client, ownsSocket: true), targets, cancellationToken);
    }

    /// <summary>Takes the stream over and returns when the connection is done with. Never fails because of a peer.</summary>
    public static async Task ServeAsync(Stream client, RouterTargets targets, CancellationToken cancellationToken)
    {
        using var input = new ReadBuffer();
        await using var connection = new Http1Connection(client, input, targets, cancellationToken);
        await using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(
            static connection => ((Http1Connection)connection!).Abort(), connection);
        try
        {
            if (await ReadProtocolAsync(client, input, connection, targets.Time))
            {
                await connection.HandOverAsync();
                input.Consume(Http2FrameHeader.Preface.Length);
                await ServeHttp2Async(client, input, targets, cancellationToken);
            }
            else
            {
                await connection.RunAsync();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            connection.Abort();
        }
    }

    private static async Task ServeHttp2Async(Stream client, ReadBuffer input, RouterTargets targets, CancellationToken cancellationToken)
    {
        await using var connection = new Http2Connection(client, input, targets, cancellationToken);
        await using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(
            static connection => ((Http2Connection)connection!).Abort(), connection);
        await connection.RunAsync();
    }

    /// <summary>Reads until it is certain whether the client's first bytes are HTTP/2's preface. True: they are.</summary>
    private static async ValueTask<bool> ReadProtocolAsync(
        Stream client, ReadBuffer input, Http1Connection connection, TimeProvider time)
    {
        ITimer? silence = null;
        try
        {
            while (input.Length < Http2FrameHeader.Preface.Length && Http2FrameHeader.Preface.StartsWith(input.Unread))
            {
                ValueTask<int> read = client.ReadAsync(input.Prepare(), CancellationToken.None);
                if (!read.IsCompleted)
                {
                    silence ??= time.CreateTimer(
                        static connection => ((Http1Connection)connection!).LetOriginalSpeakFirst(), connection, Silence, Timeout.InfiniteTimeSpan);
                }

                int received = await read;
                input.Commit(received);
                if (received == 0)
                {
                    break;
                }
            }
        }
        finally
        {
            if (silence is not null)
            {
                await silence.DisposeAsync();
            }
        }

        return input.Unread.StartsWith(Http2FrameHeader.Preface);
    }
}
