using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Landline.Daemon.Dns;
using Landline.Networking.Dns;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Dns;

public sealed class DnsServerTests : IAsyncLifetime
{
    private readonly TaskCompletionSource _slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DnsServer _server = null!;
    private IPEndPoint _address = null!;

    public ValueTask InitializeAsync()
    {
        (Socket udp, Socket tcp) = DnsSockets.Open(IPAddress.Loopback, 0);
        _address = (IPEndPoint)tcp.LocalEndPoint!;
        _server = DnsServer.Start(udp, tcp, AnswerAsync, new ManualTime(), NullLogger.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _slow.TrySetResult();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(null, 10, false)]
    [InlineData(null, 100, true)]
    [InlineData(4096, 100, false)]
    [InlineData(4096, 300, true)]
    [InlineData(100, 10, false)]
    public async Task What_is_larger_than_the_asker_takes_over_UDP_is_truncated(int? udpBytes, int records, bool truncated)
    {
        byte[] answer = await AskUdpAsync(UpstreamResolverTests.Question($"r{records}.example", udpBytes));

        DnsMessage message = DnsMessage.Parse(answer);
        Assert.True(DnsHeader.TryRead(answer, out DnsHeader header));
        Assert.Equal((0x1234, truncated, truncated ? 0 : records), (header.Id, header.IsTruncated, message.Answers.Count));
    }

    [Fact]
    public async Task Over_TCP_everything_fits()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_address, Deadline.Token);
        await SendAsync(client.GetStream(), UpstreamResolverTests.Question("r3000.example"));

        Assert.Equal(3000, DnsMessage.Parse(await ReceiveAsync(client.GetStream())).Answers.Count);
    }

    [Fact]
    public async Task A_slow_answer_holds_up_no_other_on_the_same_connection()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_address, Deadline.Token);
        await SendAsync(client.GetStream(), UpstreamResolverTests.Question("slow.example"));
        await SendAsync(client.GetStream(), UpstreamResolverTests.Question("r2.example"));

        Assert.Equal("r2.example", DnsMessage.Parse(await ReceiveAsync(client.GetStream())).Questions[0].Name);
        _slow.SetResult();
        Assert.Equal("slow.example", DnsMessage.Parse(await ReceiveAsync(client.GetStream())).Questions[0].Name);
    }

    [Fact]
    public async Task Garbage_over_TCP_closes_only_that_connection()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_address, Deadline.Token);
        await client.GetStream().WriteAsync(new byte[] { 0, 3, 1, 2, 3 }, Deadline.Token);
        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1], Deadline.Token));

        Assert.NotEmpty(await AskUdpAsync(UpstreamResolverTests.Question("r1.example")));
    }

    [Fact]
    public async Task Garbage_over_UDP_stops_nothing()
    {
        using var client = new UdpClient();
        await client.SendAsync(new byte[] { 1, 2, 3 }, _address, Deadline.Token);
        await client.SendAsync(Array.Empty<byte>(), _address, Deadline.Token);

        Assert.NotEmpty(await AskUdpAsync(UpstreamResolverTests.Question("r1.example")));
    }

    [Fact]
    public async Task Stopping_does_not_wait_for_idle_connections()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_address, Deadline.Token);
        await SendAsync(client.GetStream(), UpstreamResolverTests.Question("r1.example"));
        await ReceiveAsync(client.GetStream());

        await _server.DisposeAsync().AsTask().WaitAsync(Deadline.Token);

        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1], Deadline.Token));
    }

    private async Task<byte[]> AnswerAsync(ReadOnlyMemory<byte> message, bool overTcp, CancellationToken cancellationToken)
    {
        byte[] question = message.ToArray();
        string label = DnsMessage.Parse(question).Questions[0].Name.Split('.')[0];
        if (label == "slow")
        {
            await _slow.Task.WaitAsync(cancellationToken);
        }

        return UpstreamResolverTests.Answer(
            question, label[0] == 'r' ? int.Parse(label[1..], System.Globalization.CultureInfo.InvariantCulture) : 0);
    }

    private async Task<byte[]> AskUdpAsync(byte[] question)
    {
        using var client = new UdpClient();
        client.Connect(_address);
        await client.SendAsync(question, Deadline.Token);
        return (await client.ReceiveAsync(Deadline.Token)).Buffer;
    }

    private static async Task SendAsync(NetworkStream stream, byte[] message)
    {
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)message.Length);
        await stream.WriteAsync((byte[])[.. length, .. message], Deadline.Token);
    }

    private static async Task<byte[]> ReceiveAsync(NetworkStream stream)
    {
        byte[] length = new byte[2];
        await stream.ReadExactlyAsync(length, Deadline.Token);
        byte[] message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await stream.ReadExactlyAsync(message, Deadline.Token);
        return message;
    }
}
