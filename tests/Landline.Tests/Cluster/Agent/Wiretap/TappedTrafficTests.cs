using System.Buffers.Binary;
using System.Net;
using System.Text;
using Landline.Cluster.Agent.Http.Filters;
using Landline.Cluster.Agent.Wiretap;
using Landline.Cluster.Hosting;
using Landline.Networking.Packets;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Cluster.Agent.Wiretap;

public sealed class TappedTrafficTests : IAsyncLifetime
{
    private const ushort Port = 8080;
    private readonly ByteBudget _budget = new(PodWiretap.MostQueuedBytes);
    private readonly List<TrafficCopy> _copies = [];
    private readonly List<Task> _running = [];
    private TappedTraffic _traffic = null!;
    private SessionPair _sessions = null!;

    public async ValueTask InitializeAsync()
    {
        _sessions = await SessionPair.ConnectAsync();
        _traffic = new TappedTraffic(
            new HashSet<ushort> { Port }, new HashSet<ushort> { Port }, filter: null, (_, _) => StartCopy(), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _traffic.Dispose();
        await _sessions.DisposeAsync();
        await Task.WhenAll(_running).WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task Segments_in_any_order_and_repeated_SYNs_give_one_copy()
    {
        await HearAsync(Segment(1000, TcpControl.Syn), Segment(1000, TcpControl.Syn), Segment(1004, TcpControl.Ack, "def"));
        await HearAsync(Segment(1001, TcpControl.Ack, "abc"), Segment(1000, TcpControl.Syn), Segment(1007, TcpControl.Fin | TcpControl.Ack));

        Assert.Equal("abcdef", await ReadCopyAsync());
        Assert.Equal(0, _traffic.Flows);
        Assert.Single(_copies);
    }

    [Theory]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true)]
    [InlineData("\u0016\u0003\u0001\u0000\u0002\u0001\u0000", true)]
    [InlineData("GET / HTTP/1.1\r\nHost: web\r\n\r\n", false)]
    [InlineData("GET / HTTP/1.1\r\nHost: web\r\n\r\nPRI * HTTP/2.0\r\n\r\n", false)]
    public void A_connection_that_the_filter_cannot_see_into_is_remembered_for_a_minute(string bytes, bool isUnreadable)
    {
        var time = new ManualTime();
        Assert.True(HttpFilter.TryCompile(new HttpMatch { Methods = ["POST"] }, out HttpFilter filter, out _));
        using var traffic = new TappedTraffic(
            new HashSet<ushort> { Port }, new HashSet<ushort>(), filter, (_, _) => throw new InvalidOperationException("Nothing matches."), time);
        Assert.False(traffic.Unreadable.CameOfLate);

        traffic.Hear(Segment(1, TcpControl.Syn));
        traffic.Hear(Segment(2, TcpControl.Ack, bytes));

        Assert.Equal(isUnreadable, traffic.Unreadable.CameOfLate);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(traffic.Unreadable.CameOfLate);
    }

    [Fact]
    public async Task Bytes_behind_a_SYN_are_the_first_ones()
    {
        await HearAsync(Segment(uint.MaxValue, TcpControl.Syn, "fast "), Segment(5, TcpControl.Fin | TcpControl.Ack, "open"));

        Assert.Equal("fast open", await ReadCopyAsync());
    }

    [Fact]
    public async Task The_same_ports_with_another_SYN_are_another_connection()
    {
        await HearAsync(Segment(1, TcpControl.Syn), Segment(2, TcpControl.Ack, "first"));
        await HearAsync(Segment(900, TcpControl.Syn), Segment(901, TcpControl.Fin | TcpControl.Ack, "second"));

        Assert.Equal("first", await ReadCopyAsync());
        Assert.Equal("second", await ReadCopyAsync());
    }

    [Fact]
    public async Task A_reset_from_either_end_ends_the_copy_in_order()
    {
        await HearAsync(Segment(1, TcpControl.Syn), Segment(2, TcpControl.Ack, "one"), Segment(5, TcpControl.Rst));
        Assert.Equal("one", await ReadCopyAsync());

        await HearAsync(Segment(1, TcpControl.Syn), Segment(2, TcpControl.Ack, "two"), Answer(7, TcpControl.Rst));
        Assert.Equal("two", await ReadCopyAsync());
        Assert.Equal(0, _traffic.Flows);
    }

    [Fact]
    public async Task Other_ports_and_connections_without_their_SYN_are_not_copied()
    {
        byte[] other = Segment(1, TcpControl.Syn);
        BinaryPrimitives.WriteUInt16BigEndian(other.AsSpan(22), Port + 1);

        await HearAsync(other, Segment(50, TcpControl.Ack, "in the middle"));

        Assert.Equal(0, _traffic.Flows);
        Assert.Empty(_copies);
    }

    [Fact]
    public async Task Many_connections_that_never_end_are_forgotten_the_oldest_first()
    {
        for (int i = 0; i < TappedTraffic.MostFlows + 10; i++)
        {
            byte[] syn = Segment(1, TcpControl.Syn);
            BinaryPrimitives.WriteUInt16BigEndian(syn.AsSpan(20), (ushort)(10_000 + i));
            await HearAsync(syn);
        }

        Assert.Equal(TappedTraffic.MostFlows, _traffic.Flows);
    }

    [Fact]
    public void Any_change_of_any_packet_is_no_error()
    {
        var random = new Random(4);
        byte[][] packets =
        [
            Segment(1, TcpControl.Syn), Segment(2, TcpControl.Ack, "some bytes"), Segment(12, TcpControl.Fin | TcpControl.Ack),
            Answer(1, TcpControl.Rst), Datagram("a datagram"), Datagram("of version 6", v6: true),
        ];
        for (int i = 0; i < 200_000; i++)
        {
            byte[] packet = [.. packets[random.Next(packets.Length)]];
            for (int changes = random.Next(0, 4); changes > 0; changes--)
            {
                packet[random.Next(packet.Length)] = (byte)random.Next(256);
            }

            _traffic.Hear(packet.AsSpan(0, random.Next(4) == 0 ? random.Next(packet.Length + 1) : packet.Length));
        }

        Assert.InRange(_traffic.Flows, 0, 2 * TappedTraffic.MostFlows);
    }

    [Fact]
    public async Task Datagrams_are_framed_by_their_length()
    {
        await HearAsync(Datagram("one"), Datagram(""), Datagram("three"));

        SessionStream copy = await AcceptAsync();
        byte[] framed = [0, 3, .. "one"u8, 0, 0, 0, 5, .. "three"u8];
        byte[] received = new byte[framed.Length];
        await copy.AsStream().ReadExactlyAsync(received, Deadline.Token);
        Assert.Equal(framed, received);
    }

    private TrafficCopy StartCopy()
    {
        var copy = new TrafficCopy(
            async cancellationToken => await _sessions.Near.OpenAsync(StreamKind.Inbound, ReadOnlyMemory<byte>.Empty, cancellationToken),
            _budget, idle: null, TimeProvider.System);
        _copies.Add(copy);
        if (_copies.Count < 10)
        {
            _running.Add(copy.RunAsync(CancellationToken.None));
        }

        return copy;
    }

    private async Task HearAsync(params byte[][] packets)
    {
        foreach (byte[] packet in packets)
        {
            if (_traffic.Hear(packet) is { } copy)
            {
                await copy.FlushAsync();
            }
        }
    }

    private async Task<SessionStream> AcceptAsync()
    {
        SessionStream stream = await _sessions.Offered.ReadAsync(Deadline.Token);
        stream.Accept();
        return stream;
    }

    private async Task<string> ReadCopyAsync()
    {
        SessionStream stream = await AcceptAsync();
        stream.EndWriting();
        using var reader = new StreamReader(stream.AsStream());
        return await reader.ReadToEndAsync(Deadline.Token);
    }

    private static byte[] Segment(uint sequence, TcpControl flags, string data = "") => Tcp("10.0.0.1", 4000, "10.0.0.2", Port, sequence, flags, data);

    private static byte[] Answer(uint sequence, TcpControl flags) => Tcp("10.0.0.2", Port, "10.0.0.1", 4000, sequence, flags, "");

    private static byte[] Tcp(string from, ushort fromPort, string to, ushort toPort, uint sequence, TcpControl flags, string data)
    {
        byte[] packet = new byte[40 + data.Length];
        IpHeader.Write(packet, Address(from), Address(to), IpProtocol.Tcp);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(20), fromPort);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), toPort);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(24), sequence);
        packet[32] = 5 << 4;
        packet[33] = (byte)flags;
        Encoding.ASCII.GetBytes(data, packet.AsSpan(40));
        return packet;
    }

    private static byte[] Datagram(string data, bool v6 = false)
    {
        byte[] packet = new byte[UdpDatagram.DataOffset(v6) + data.Length];
        Encoding.ASCII.GetBytes(data, packet.AsSpan(UdpDatagram.DataOffset(v6)));
        UdpDatagram.WriteHeaders(packet, Address(v6 ? "fd00::1" : "10.0.0.1"), 4000, Address(v6 ? "fd00::2" : "10.0.0.2"), Port);
        return packet;
    }

    private static PacketAddress Address(string text) => PacketAddress.From(IPAddress.Parse(text));
}
