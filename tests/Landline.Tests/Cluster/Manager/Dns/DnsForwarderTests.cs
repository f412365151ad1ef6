using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Landline.Cluster.Manager.Dns;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Manager.Dns;

public sealed class DnsForwarderTests
{
    private static readonly byte[] Query = Convert.FromHexString("12340100000100000000000002616200" + "00010001");

    [Fact]
    public async Task The_resolvers_answer_comes_back_whole()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        byte[] answer = [0x12, 0x34, 0x81, 0x80, .. Query[4..], .. new byte[9_000]];
        Task serving = AnswerAsync(server, answer);
        var forwarder = new DnsForwarder([(IPEndPoint)server.LocalEndPoint!], new ManualTime());

        Assert.Equal(answer, (await forwarder.AskAsync(Query, Deadline.Token)).ToArray());
        await serving;
    }

    [Fact]
    public async Task A_truncated_answer_is_asked_for_again_over_tcp()
    {
        using var overTcp = new TcpListener(IPAddress.Loopback, 0);
        overTcp.Start();
        var address = (IPEndPoint)overTcp.LocalEndpoint;
        using var overUdp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        overUdp.Bind(address);
        Task serving = AnswerAsync(overUdp, [0x12, 0x34, 0x83, 0x80, .. Query[4..]]);
        byte[] whole = [0x12, 0x34, 0x81, 0x80, .. Query[4..], .. new byte[60_000]];
        Task servingTcp = AnswerOverTcpAsync(overTcp, whole);

        ReadOnlyMemory<byte> answer = await new DnsForwarder([address], new ManualTime()).AskAsync(Query, Deadline.Token);

        Assert.Equal(whole, answer.ToArray());
        await Task.WhenAll(serving, servingTcp);
    }

    [Fact]
    public async Task Without_a_resolver_the_answer_is_a_server_failure()
    {
        // Connected with itself it takes nothing from others: the kernel refuses, as if nobody were there.
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        closed.Connect(closed.LocalEndPoint!);
        var address = (IPEndPoint)closed.LocalEndPoint!;

        ReadOnlyMemory<byte> refused = await new DnsForwarder([address], new ManualTime()).AskAsync(Query, Deadline.Token);
        ReadOnlyMemory<byte> none = await new DnsForwarder([], new ManualTime()).AskAsync(Query, Deadline.Token);

        Assert.Equal(DnsMessage.Failure(Query), refused.ToArray());
        Assert.Equal(DnsMessage.Failure(Query), none.ToArray());
    }

    private static async Task AnswerAsync(Socket server, byte[] answer)
    {
        byte[] query = new byte[512];
        SocketReceiveFromResult received = await server.ReceiveFromAsync(
            query, new IPEndPoint(IPAddress.Any, 0), Deadline.Token);
        Assert.Equal(Query, query[..received.ReceivedBytes]);

        // Somebody else's answer comes first and is not taken.
        await server.SendToAsync(new byte[] { 0x12, 0x35, 0x81, 0x80, 0, 0, 0, 0, 0, 0, 0, 0 }, received.RemoteEndPoint, Deadline.Token);
        await server.SendToAsync(answer, received.RemoteEndPoint, Deadline.Token);
    }

    private static async Task AnswerOverTcpAsync(TcpListener listener, byte[] answer)
    {
        using TcpClient asker = await listener.AcceptTcpClientAsync(Deadline.Token);
        NetworkStream stream = asker.GetStream();
        byte[] query = new byte[2 + Query.Length];
        await stream.ReadExactlyAsync(query, Deadline.Token);
        Assert.Equal(Query, query[2..]);
        byte[] prefix = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(prefix, (ushort)answer.Length);
        await stream.WriteAsync(prefix, Deadline.Token);
        await stream.WriteAsync(answer, Deadline.Token);
    }
}
