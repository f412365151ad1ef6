using Landline.Cluster.Agent.Workloads;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Cluster.Agent.Workloads;

public sealed class FramedDatagramsTests
{
    private static readonly byte[] Framed = [0, 1, 7];

    [Fact]
    public async Task Datagrams_to_a_pod_end_after_a_minute_of_silence()
    {
        var time = new ManualTime();
        using var sockets = new DatagramSockets();
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        (SessionStream workstation, SessionStream stream) = await sessions.OpenAsync(StreamKind.Workload);
        byte[] buffer = new byte[Framed.Length];
        Task running = new FramedDatagrams(sockets.Near, stream, time).RunAsync("the pod", CancellationToken.None);

        await SilentMinute.EndsFlowAsync(
            time.Advance,
            async () =>
            {
                await workstation.WriteAsync(Framed, Deadline.Token);
                await sockets.ArriveAsync();
            },
            async () =>
            {
                sockets.Answer();
                await workstation.AsStream().ReadExactlyAsync(buffer, Deadline.Token);
            },
            running);

        Assert.Equal(StreamEndCode.Canceled, (await workstation.Completion.WaitAsync(Deadline.Token))?.Code);
    }
}
