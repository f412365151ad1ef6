using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Landline.Cluster.Manager.Sessions;
using Landline.Protocol.Links;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Cluster.Manager.Sessions;

/// <summary>Against .NET's own WebSocket client, and against whatever else may come to the port.</summary>
public sealed class WebSocketLinksTests
{
    private const string Request =
        "GET /session HTTP/1.1\r\nHost: 10.0.0.1:7072\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: session.landline.dev\r\n\r\n";

    [Theory]
    [InlineData(1)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_536)]
    [InlineData(1_000_001)]
    public async Task A_websocket_client_is_answered_and_its_bytes_arrive_both_ways(int length)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("session.landline.dev");
        Task connecting = client.ConnectAsync(new Uri($"ws://{listener.LocalEndpoint}/session?x=1"), Deadline.Token);
        Stream connection = TcpLink.Prepare(await listener.AcceptSocketAsync(Deadline.Token));
        await using Stream link = await WebSocketLinks.AcceptAsync(connection, Deadline.Token);
        await connecting;
        byte[] sent = RandomNumberGenerator.GetBytes(length);
        byte[] received = new byte[length];

        Task sending = client.SendAsync(sent, WebSocketMessageType.Binary, endOfMessage: true, Deadline.Token);
        await link.ReadExactlyAsync(received, Deadline.Token);
        await sending;
        Assert.Equal(sent, received);

        Task writing = link.WriteAsync(sent, Deadline.Token).AsTask();
        received = new byte[length];
        for (int read = 0; read < length;)
        {
            read += (await client.ReceiveAsync(new ArraySegment<byte>(received, read, length - read), Deadline.Token)).Count;
        }

        await writing;
        Assert.Equal(sent, received);
        Assert.NotNull(SocketLink.Under(link));
    }

    /// <summary>The example of RFC 6455, section 1.3.</summary>
    [Fact]
    public async Task The_key_is_answered_as_the_RFC_says()
    {
        (Exception? failure, string answer) = await AnswerAsync(Request);

        Assert.Null(failure);
        Assert.StartsWith("HTTP/1.1 101 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nSec-WebSocket-Protocol: session.landline.dev\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /session", "GET /metrics")]
    [InlineData("GET /session", "POST /session")]
    [InlineData("GET /session", "GET http://10.0.0.1/other")]
    [InlineData("HTTP/1.1\r\n", "HTTP/2.0\r\n")]
    [InlineData("\r\n", "\n")]
    [InlineData("Upgrade: websocket\r\n", "")]
    [InlineData("Upgrade: websocket", "Upgrade: SPDY/3.1")]
    [InlineData("Version: 13", "Version: 8")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "")]
    [InlineData("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: b\r\n")]
    [InlineData("Sec-WebSocket-Protocol: session.landline.dev\r\n", "")]
    [InlineData("session.landline.dev", "v4.channel.k8s.io")]
    [InlineData(" /session ", " /session")]
    [InlineData("GET", "\u0016\u0003\u0001\u0002")]
    public async Task Anything_else_is_a_bad_request(string part, string instead)
    {
        (Exception? failure, string answer) = await AnswerAsync(Request.Replace(part, instead, StringComparison.Ordinal));

        Assert.IsType<IOException>(failure);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_end_is_not_read_for_ever()
    {
        (Exception? failure, string answer) = await AnswerAsync(
            Request[..^2] + string.Concat(Enumerable.Repeat("X-Field: value\r\n", 10_000)));

        Assert.IsType<IOException>(failure);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_sends_nothing_is_waited_for_no_longer_than_the_caller_wants()
    {
        using SocketPair pair = await SocketPair.ConnectAsync();
        using var patience = new CancellationTokenSource();

        Task<Stream> accepting = WebSocketLinks.AcceptAsync(TcpLink.Prepare(pair.Far), patience.Token);
        await pair.Near.SendAsync("GET /ses"u8.ToArray(), Deadline.Token);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
    }

    /// <summary>One byte after the other is changed: what comes of it is a link or a refusal.</summary>
    [Fact]
    public async Task Damaged_requests_are_refused_and_nothing_worse()
    {
        for (int position = 0; position < Request.Length; position++)
        {
            foreach (char other in "\0\n\r :,/\u00ff")
            {
                (Exception? failure, _) = await AnswerAsync(Request[..position] + other + Request[(position + 1)..]);

                Assert.True(failure is null or IOException, $"byte {position} changed to {(int)other}: {failure}");
            }
        }
    }

    // What is written is there as a whole when the call returns: without a peer that reads.
    private static async Task<(Exception? Failure, string Answer)> AnswerAsync(string request)
    {
        using var connection = new Exchange(Encoding.Latin1.GetBytes(request));
        Exception? failure = await Record.ExceptionAsync(async () => await WebSocketLinks.AcceptAsync(connection, Deadline.Token));
        return (failure, Encoding.ASCII.GetString(connection.Answer.ToArray()));
    }

    /// <summary>A connection whose peer has sent all that it will send.</summary>
    private sealed class Exchange(byte[] request) : MemoryStream(request)
    {
        public MemoryStream Answer { get; } = new();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Answer.WriteAsync(buffer, cancellationToken);
    }
}
