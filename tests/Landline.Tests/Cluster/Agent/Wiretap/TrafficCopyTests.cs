using Landline.Cluster.Agent.Wiretap;
using Landline.Cluster.Hosting;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Cluster.Agent.Wiretap;

public sealed class TrafficCopyTests
{
    private static readonly byte[] Framed = [0, 1, 7];

    [Fact]
    public async Task A_copy_of_a_senders_datagrams_ends_after_a_minute_of_silence()
    {
        var time = new ManualTime();
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        (SessionStream stream, SessionStream workstation) = await sessions.OpenAsync(StreamKind.Inbound);
        byte[] buffer = new byte[Framed.Length];
        var copy = new TrafficCopy(
            _ => ValueTask.FromResult<SessionStream?>(stream), new ByteBudget(PodWiretap.MostQueuedBytes), PodWiretap.DatagramIdle, time);
        Task running = copy.RunAsync(CancellationToken.None);

        // A copy has one direction: the workstation answers nothing.
        workstation.EndWriting();
        await SilentMinute.EndsFlowAsync(time.Advance, SendAsync, SendAsync, running);

        Assert.Equal(0, await workstation.ReadAsync(buffer, Deadline.Token));
        Assert.False(copy.TryWrite(Framed));

        async Task SendAsync()
        {
            Assert.True(copy.TryWrite(Framed));
            await copy.FlushAsync();
            await workstation.AsStream().ReadExactlyAsync(buffer, Deadline.Token);
        }
    }
}
