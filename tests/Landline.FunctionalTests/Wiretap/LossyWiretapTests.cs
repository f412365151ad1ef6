using System.Net.Sockets;
using Landline.Cluster.Agent.Wiretap;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using static Landline.FunctionalTests.Wiretap.CopiedBytes;

namespace Landline.FunctionalTests.Wiretap;

/// <summary>Copies that cannot be had: the workstation does not take them, or the node has no time for them.</summary>
public sealed class LossyWiretapTests
{
    // Each in a pod of its own: what one floods is still being heard, or lost, when the next begins.
    [RootTheory]
    [InlineData("does not read")]
    [InlineData("does not answer")]
    [InlineData("does not want it")]
    public async Task A_workstation_that_does_not_read_or_answer_or_want_it_does_not_slow_the_original(string workstation)
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        await caller.SendAsync(new byte[1], Deadline.Token);
        SessionStream copy = await pod.OfferedAsync();
        switch (workstation)
        {
            case "does not read":
                copy.Accept();
                break;
            case "does not want it":
                copy.Refuse(new StreamEnd(StreamEndCode.Unavailable, "nobody there"));
                break;
        }

        // Far more than all queues and windows on the way hold.
        byte[] all = new byte[64 * 1024 * 1024];
        Task<long> received = CountToEndAsync(accepted);
        await SendAllAsync(caller, all);
        caller.Shutdown(SocketShutdown.Send);
        Assert.Equal(all.Length + 1, await received);
        if (workstation == "does not read")
        {
            Assert.Equal(StreamEndCode.TooMany, (await copy.Completion.WaitAsync(Deadline.Token))!.Code);
        }
    }

    [RootFact]
    public async Task On_a_busy_node_a_few_packets_are_copied_later_and_a_flood_is_lost_to_the_copy_alone()
    {
        // Two processors without a break, of whose time every look takes the share of 50 ms.
        var time = new ManualTime();
        long start = time.GetTimestamp();
        TimeSpan used = TimeSpan.Zero;
        var spare = new SpareTime(
            () => new NodeTime(2 * time.GetElapsedTime(start), TimeSpan.Zero), () => used += TimeSpan.FromMilliseconds(1), time);
        await spare.TakeAsync(Deadline.Token);
        time.Advance(SpareTime.LookInterval);
        await using TappedPod pod = await TappedPod.StartAsync(spare: spare);
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        caller.NoDelay = true;
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        byte[] few = new byte[200];
        Random.Shared.NextBytes(few);
        await SendSinglyAsync(caller, accepted, few);
        (_, SessionStream copy) = await pod.CopyAsync();
        Task fewCopied = ReadExactlyAsync(copy, few);
        await GoOnUntilAsync(fewCopied);
        await fewCopied;

        // As long as no time passes a few are heard, and the kernel keeps less than half of the others.
        await SendSinglyAsync(caller, accepted, new byte[16_000]);
        Task<byte[]> copied = ReadToEndAsync(copy);
        await GoOnUntilAsync(copied);

        StreamEndedException lost = await Assert.ThrowsAsync<StreamEndedException>(() => copied);
        Assert.Contains("did not hear every packet", lost.Message, StringComparison.Ordinal);

        Task GoOnUntilAsync(Task ended) => UntilAsync(() =>
        {
            time.Advance(SpareTime.LookInterval);
            return ended.IsCompleted;
        });
    }

    [RootFact]
    public async Task Copies_that_a_busy_node_cannot_afford_rest_until_it_has_time()
    {
        var time = new ManualTime();
        TimeSpan all = TimeSpan.Zero;
        TimeSpan idle = TimeSpan.Zero;
        TimeSpan used = TimeSpan.Zero;
        var spare = new SpareTime(() => new NodeTime(all, idle), () => used, time);
        await using TappedPod pod = await TappedPod.StartAsync(spare: spare);
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        using Socket accepted = await server.AcceptAsync(Deadline.Token);
        await spare.TakeAsync(Deadline.Token);
        all += TimeSpan.FromSeconds(2);
        used += TimeSpan.FromSeconds(1);
        time.Advance(TimeSpan.FromSeconds(1));

        Task<(InboundOpen Open, SessionStream Stream)> copying = pod.CopyAsync();
        await SendSinglyAsync(caller, accepted, new byte[20]);
        (_, SessionStream copy) = await copying;
        await time.AdvanceToTimerAsync(SpareTime.LookInterval, Deadline.Token);

        Assert.Equal(StreamEndCode.Failed, (await copy.Completion.WaitAsync(Deadline.Token))!.Code);
        await UntilAsync(() => pod.IsResting);
        await SendSinglyAsync(caller, accepted, new byte[20]);

        idle = all += TimeSpan.FromSeconds(4);
        await UntilAsync(() =>
        {
            time.Advance(SpareTime.LookInterval);
            return !pod.IsResting;
        });

        await SendSinglyAsync(caller, accepted, new byte[20]);
        using Socket later = await pod.CallAsync(TappedPod.Address);
        await later.SendAsync("later"u8.ToArray(), Deadline.Token);
        (_, SessionStream next) = await pod.CopyAsync();
        await ReadExactlyAsync(next, "later"u8.ToArray());
    }
}
