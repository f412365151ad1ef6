using System.Net;
using System.Net.Sockets;
using Landline.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Daemon.Attachments;

public sealed class ToPodDatagramsTests
{
    private static readonly byte[] Framed = [0, 1, 7];

    [Fact]
    public async Task A_senders_datagrams_to_a_pod_end_after_a_minute_of_silence_and_its_next_one_begins_anew()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints();
        await using SessionClient session = endpoints.NewClient();
        await session.StartAsync(Deadline.Token);
        using Socket port = Bind();
        using Socket sender = Bind();
        await sender.ConnectAsync(port.LocalEndPoint!, Deadline.Token);
        using var stop = new CancellationTokenSource();
        Task running = new ToPodDatagrams(port, () => new WorkloadOpen(), new WorkloadStreams(session), time, NullLogger.Instance).RunAsync(stop.Token);
        byte[] buffer = new byte[Framed.Length];

        await sender.SendAsync(Framed.AsMemory(2), Deadline.Token);
        SessionStream pod = await AcceptAsync(endpoints);
        await pod.AsStream().ReadExactlyAsync(buffer, Deadline.Token);
        await SilentMinute.EndsFlowAsync(
            time.Advance,
            async () =>
            {
                await sender.SendAsync(Framed.AsMemory(2), Deadline.Token);
                await pod.AsStream().ReadExactlyAsync(buffer, Deadline.Token);
            },
            async () =>
            {
                await pod.WriteAsync(Framed, Deadline.Token);
                Assert.Equal(1, await sender.ReceiveAsync(buffer, Deadline.Token));
            },
            pod.Completion);

        Assert.Equal(StreamEndCode.Canceled, (await pod.Completion)?.Code);
        Task<SessionStream> next = AcceptAsync(endpoints);
        while (!next.IsCompleted)
        {
            // One that comes while the flow is taken away is lost, as any datagram may be.
            await sender.SendAsync(Framed.AsMemory(2), Deadline.Token);
            await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Deadline.Token));
        }

        SessionStream again = await next;
        await again.AsStream().ReadExactlyAsync(buffer, Deadline.Token);
        Assert.Equal(Framed, buffer);

        await stop.CancelAsync();
        await running.WaitAsync(Deadline.Token);
    }

    [Fact]
    public async Task When_all_places_are_taken_a_new_sender_gets_that_of_the_one_that_was_silent_for_longest()
    {
        var time = new ManualTime();
        await using var endpoints = new TlsEndpoints();
        await using SessionClient session = endpoints.NewClient();
        await session.StartAsync(Deadline.Token);
        using Socket port = Bind();
        using var stop = new CancellationTokenSource();
        Task running = new ToPodDatagrams(port, () => new WorkloadOpen(), new WorkloadStreams(session), time, NullLogger.Instance).RunAsync(stop.Token);
        byte[] buffer = new byte[Framed.Length];
        var pods = new List<SessionStream>();
        var senders = new List<Socket>(); // Their ports would be given to the next ones if they were closed.

        while (pods.Count <= ToPodDatagrams.MostFlows)
        {
            Socket sender = Bind();
            senders.Add(sender);
            await sender.SendToAsync(Framed.AsMemory(2), port.LocalEndPoint!, Deadline.Token);
            SessionStream pod = await AcceptAsync(endpoints);
            await pod.AsStream().ReadExactlyAsync(buffer, Deadline.Token);
            pods.Add(pod);
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(StreamEndCode.Canceled, (await pods[0].Completion.WaitAsync(Deadline.Token))?.Code);
        Assert.False(pods[^2].Completion.IsCompleted);
        Assert.False(pods[^1].Completion.IsCompleted);

        await stop.CancelAsync();
        await running.WaitAsync(Deadline.Token);
        senders.ForEach(sender => sender.Dispose());
    }

    private static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static async Task<SessionStream> AcceptAsync(TlsEndpoints endpoints)
    {
        SessionStream stream = await endpoints.Offered.ReadAsync(Deadline.Token);
        stream.Accept();
        return stream;
    }
}
