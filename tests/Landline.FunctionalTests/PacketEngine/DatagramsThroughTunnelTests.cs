using System.Net;
using System.Net.Sockets;
using Landline.Benchmarks.Networks;
using Landline.TestSupport;

namespace Landline.FunctionalTests.PacketEngine;

/// <summary>UDP and ICMP echo, IPv4 and IPv6.</summary>
public sealed class DatagramsThroughTunnelTests(TunnelFixture fixture) : IClassFixture<TunnelFixture>
{
    private const int IpprotoUdp = 17;
    private const int UdpSegment = 103;

    private static readonly string[] Services = [NamespacePair.TunnelledV4, NamespacePair.TunnelledV6];

    [RootFact]
    public async Task Answers_find_their_askers()
    {
        foreach (string service in Services)
        {
            using Socket far = Echo(service);
            using Socket first = Asker(far.LocalEndPoint!);
            using Socket second = Asker(far.LocalEndPoint!);
            for (int i = 0; i < 20; i++)
            {
                await first.SendAsync(new byte[] { 1, (byte)i }, Deadline.Token);
                await second.SendAsync(new byte[] { 2, (byte)i }, Deadline.Token);

                Assert.Equal([1, (byte)i], await ReceiveAsync(first));
                Assert.Equal([2, (byte)i], await ReceiveAsync(second));
            }
        }
    }

    [RootFact]
    public async Task Datagrams_of_any_size_keep_their_boundaries()
    {
        foreach (string service in Services)
        {
            using Socket far = Echo(service);
            using Socket near = Asker(far.LocalEndPoint!);
            foreach (int size in (int[])[0, 1, 1472, 1473, 8000, 60_000])
            {
                byte[] datagram = new byte[size];
                new Random(size).NextBytes(datagram);
                await near.SendAsync(datagram, Deadline.Token);

                Assert.Equal(datagram, await ReceiveAsync(near));
            }
        }
    }

    [RootFact]
    public async Task What_a_process_sends_as_segments_arrives_as_datagrams()
    {
        foreach (string service in Services)
        {
            using Socket far = Echo(service);
            using Socket near = Asker(far.LocalEndPoint!);
            near.SetRawSocketOption(IpprotoUdp, UdpSegment, BitConverter.GetBytes(1000));

            await near.SendAsync(new byte[2500], Deadline.Token);

            Assert.Equal(1000, (await ReceiveAsync(near)).Length);
            Assert.Equal(1000, (await ReceiveAsync(near)).Length);
            Assert.Equal(500, (await ReceiveAsync(near)).Length);
        }
    }

    [RootFact]
    public async Task A_port_where_nothing_listens_is_refused()
    {
        foreach (string service in Services)
        {
            using Socket near = Asker(new IPEndPoint(IPAddress.Parse(service), 1));
            await near.SendAsync(new byte[] { 1 }, Deadline.Token);

            var error = await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(near));

            Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        }
    }

    [RootFact]
    public async Task Ping_works()
    {
        foreach (string service in Services)
        {
            for (int i = 0; i < 3; i++)
            {
                string output = await NamespacePair.RunAsync(fixture.Network.Workstation, "ping", "-c", "1", "-W", "15", "-s", "3000", service);

                Assert.Contains("1 received, 0% packet loss", output, StringComparison.Ordinal);
            }
        }
    }

    [RootFact]
    public async Task Ping_is_told_what_is_unreachable()
    {
        foreach (string target in (string[])[NamespacePair.NoHostV4, NamespacePair.NoHostV6])
        {
            (_, string output) = await Command.TryRunAsync(
                "ip", "netns", "exec", fixture.Network.Workstation, "ping", "-c", "1", "-W", "15", target);

            Assert.Contains("nreachable", output, StringComparison.Ordinal);
        }
    }

    private Socket Asker(EndPoint target)
    {
        Socket socket = fixture.OnWorkstation(target.AddressFamily, SocketType.Dgram);
        socket.Connect(target);
        return socket;
    }

    // Answers until it is disposed.
    private Socket Echo(string address)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), 0);
        Socket socket = NamespaceSockets.Create(fixture.Network.Cluster, endPoint.AddressFamily, SocketType.Dgram);
        socket.Bind(endPoint);
        _ = EchoAsync(socket, endPoint);
        return socket;
    }

    private static async Task EchoAsync(Socket socket, EndPoint any)
    {
        byte[] buffer = new byte[65_536];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await socket.ReceiveFromAsync(buffer, any);
                await socket.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed with the test.
        }
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket)
    {
        byte[] buffer = new byte[65_536];
        return buffer[..await socket.ReceiveAsync(buffer, Deadline.Token)];
    }
}
