using Landline.Cluster.Manager.Outbound;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Cluster.Manager.Outbound;

public sealed class DatagramPumpTests
{
    [Fact]
    public async Task A_workstations_datagrams_end_after_a_minute_of_silence()
    {
        var time = new ManualTime();
        using var sockets = new DatagramSockets();
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        (SessionStream workstation, SessionStream stream) = await sessions.OpenAsync(StreamKind.Udp);
        byte[] buffer = new byte[100];
        Task running = new DatagramPump(sockets.Near, stream, DatagramStreams.Idle, time).RunAsync("the target", CancellationToken.None);

        await SilentMinute.EndsFlowAsync(
            time.Advance,
            () =>
            {
                Assert.True(workstation.TrySendDatagram([1]));
                return sockets.ArriveAsync();
            },
            async () =>
            {
                sockets.Answer();
                Assert.Equal(1, await workstation.ReceiveDatagramAsync(buffer, Deadline.Token));
            },
            running);

        Assert.Equal(StreamEndCode.Canceled, (await workstation.Completion.WaitAsync(Deadline.Token))?.Code);
    }
}
