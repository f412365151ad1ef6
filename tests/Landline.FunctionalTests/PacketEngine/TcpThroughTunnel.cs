using System.Net;
using System.Net.Sockets;
using Landline.TestSupport;

namespace Landline.FunctionalTests.PacketEngine;

/// <summary>"TCP means TCP", for one IP version.</summary>
public abstract class TcpThroughTunnel(TunnelFixture fixture, string service, string noRoute, string noHost)
{
    private const int DownloadBytes = 200 * 1024 * 1024;

    [RootFact]
    public async Task A_refused_port_is_refused_before_the_kernel_would_ask_again()
    {
        // Again, where the machine was busy with others: the kernel asks again after a second, always.
        CancellationToken deadline = Deadline.Token;
        TimeSpan took;
        do
        {
            deadline.ThrowIfCancellationRequested();
            long start = TimeProvider.System.GetTimestamp();
            var error = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(service, 1));
            Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
            took = TimeProvider.System.GetElapsedTime(start);
        }
        while (took > TimeSpan.FromSeconds(0.9));
    }

    [RootFact]
    public async Task A_network_without_a_route_there_is_unreachable_here()
    {
        var error = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(noRoute, 80));

        Assert.Equal(SocketError.NetworkUnreachable, error.SocketErrorCode);
    }

    [RootFact]
    public async Task A_host_that_does_not_answer_there_is_unreachable_here()
    {
        var error = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(noHost, 80));

        Assert.Equal(SocketError.HostUnreachable, error.SocketErrorCode);
    }

    [RootFact]
    public async Task The_workstation_may_end_its_direction_and_still_receive()
    {
        (Socket near, Socket far) = await PairAsync();
        using (near)
        using (far)
        {
            await near.SendAsync("question"u8.ToArray(), Deadline.Token);
            near.Shutdown(SocketShutdown.Send);

            Assert.Equal("question"u8.ToArray(), await Bytes.ReadToEndAsync(far, Deadline.Token));
            await far.SendAsync("answer"u8.ToArray(), Deadline.Token);
            far.Shutdown(SocketShutdown.Send);
            Assert.Equal("answer"u8.ToArray(), await Bytes.ReadToEndAsync(near, Deadline.Token));
        }
    }

    [RootFact]
    public async Task The_cluster_may_end_its_direction_and_still_receive()
    {
        (Socket near, Socket far) = await PairAsync();
        using (near)
        using (far)
        {
            await far.SendAsync("greeting"u8.ToArray(), Deadline.Token);
            far.Shutdown(SocketShutdown.Send);

            Assert.Equal("greeting"u8.ToArray(), await Bytes.ReadToEndAsync(near, Deadline.Token));
            await near.SendAsync("reply"u8.ToArray(), Deadline.Token);
            near.Shutdown(SocketShutdown.Send);
            Assert.Equal("reply"u8.ToArray(), await Bytes.ReadToEndAsync(far, Deadline.Token));
        }
    }

    [RootFact]
    public async Task A_reset_arrives_as_a_reset_on_either_side()
    {
        (Socket near, Socket far) = await PairAsync();
        far.Close(timeout: 0);
        var error = await Assert.ThrowsAsync<SocketException>(() => Bytes.ReadToEndAsync(near, Deadline.Token));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);

        (near, far) = await PairAsync();
        near.Close(timeout: 0);
        error = await Assert.ThrowsAsync<SocketException>(() => Bytes.ReadToEndAsync(far, Deadline.Token));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [RootFact]
    public async Task Two_hundred_megabytes_up_and_down_at_once_are_the_same_bytes()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120), TimeProvider.System);
        (Socket near, Socket far) = await PairAsync();
        using (near)
        using (far)
        {
            Task<string> up = Bytes.SendAsync(near, DownloadBytes, seed: 1, patience.Token);
            Task<string> down = Bytes.SendAsync(far, DownloadBytes, seed: 2, patience.Token);
            Task<(long, string)> atCluster = Bytes.ReceiveAsync(far, patience.Token);
            Task<(long, string)> atWorkstation = Bytes.ReceiveAsync(near, patience.Token);

            Assert.Equal((DownloadBytes, await up), await atCluster);
            Assert.Equal((DownloadBytes, await down), await atWorkstation);
        }
    }

    [RootFact]
    public async Task A_thousand_connections_at_once_all_work()
    {
        const int Connections = 1000;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        using Socket listener = fixture.ListenInCluster(service);
        Task serving = ServeAsync(listener, Connections, patience.Token);

        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async number =>
        {
            using Socket near = await fixture.ConnectAsync(listener.LocalEndPoint!, patience.Token);
            byte[] question = BitConverter.GetBytes(number);
            await near.SendAsync(question, patience.Token);
            near.Shutdown(SocketShutdown.Send);
            Assert.Equal(question, await Bytes.ReadToEndAsync(near, patience.Token));
        }));

        await serving;
    }

    [RootFact]
    public async Task A_reader_that_stalls_does_not_slow_another()
    {
        const int Length = 20 * 1024 * 1024;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        (Socket stalled, Socket sender) = await PairAsync();
        (Socket near, Socket far) = await PairAsync();
        using (stalled)
        using (sender)
        using (near)
        using (far)
        {
            // Far more than its window: this one stops while nobody reads.
            Task<string> stalling = Bytes.SendAsync(sender, DownloadBytes, seed: 3, patience.Token);
            Task<string> sending = Bytes.SendAsync(far, Length, seed: 4, patience.Token);
            (long length, string hash) = await Bytes.ReceiveAsync(near, patience.Token);

            Assert.Equal((Length, await sending), (length, hash));
            Assert.False(stalling.IsCompleted);
            Task<(long, string)> late = Bytes.ReceiveAsync(stalled, patience.Token);
            Assert.Equal((DownloadBytes, await stalling), await late);
        }
    }

    [RootFact]
    public async Task An_attempt_is_repeated_while_the_far_dial_is_under_way_and_given_up_with_the_process()
    {
        long abandoned = await fixture.Tunnel.CounterAsync("ConnectionsAbandoned");
        long repeated = await fixture.Tunnel.CounterAsync("SynsRepeated");
        Socket near = fixture.OnWorkstation(AddressFamily.InterNetwork, SocketType.Stream);
        Task connecting = near.ConnectAsync(new IPEndPoint(IPAddress.Parse(Benchmarks.Networks.NamespacePair.SilentV4), 80));
        await fixture.CountedAsync("SynsRepeated", repeated + 1, Deadline.Token);
        Assert.False(connecting.IsCompleted);

        near.Dispose();

        await Assert.ThrowsAnyAsync<Exception>(() => connecting);
        await fixture.CountedAsync("ConnectionsAbandoned", abandoned + 1, Deadline.Token);
    }

    private Task<Socket> ConnectAsync(string address, int port) =>
        fixture.ConnectAsync(new IPEndPoint(IPAddress.Parse(address), port), Deadline.Token);

    private async Task<(Socket Near, Socket Far)> PairAsync()
    {
        using Socket listener = fixture.ListenInCluster(service);
        Task<Socket> accepting = listener.AcceptAsync(Deadline.Token).AsTask();
        Socket near = await fixture.ConnectAsync(listener.LocalEndPoint!, Deadline.Token);
        return (near, await accepting);
    }

    private static async Task ServeAsync(Socket listener, int connections, CancellationToken cancellationToken)
    {
        var served = new List<Task>();
        for (int i = 0; i < connections; i++)
        {
            Socket far = await listener.AcceptAsync(cancellationToken);
            served.Add(AnswerAsync(far, cancellationToken));
        }

        await Task.WhenAll(served);
    }

    private static async Task AnswerAsync(Socket far, CancellationToken cancellationToken)
    {
        using (far)
        {
            byte[] question = await Bytes.ReadToEndAsync(far, cancellationToken);
            await far.SendAsync(question, cancellationToken);
            far.Shutdown(SocketShutdown.Send);
        }
    }
}
