using System.Net;
using Landline.Cluster.Agent.Capture;
using Landline.Cluster.Hosting;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Cluster.Agent.Capture;

/// <summary>The captured port is the near socket of one pair, whose far socket is the caller.</summary>
public sealed class UdpFlowTests
{
    private const int Most = 100;

    private readonly ManualTime _time = new();
    private readonly ByteBudget _waiting = new(Most);

    [Fact]
    public async Task A_callers_datagrams_to_the_original_end_after_a_minute_of_silence()
    {
        using var callers = new DatagramSockets();
        using var originals = new DatagramSockets();
        using UdpFlow flow = FlowOf(callers);
        Task running = flow.ToOriginalAsync(originals.Near, CancellationToken.None);

        await SilentMinute.EndsFlowAsync(
            _time.Advance,
            () =>
            {
                flow.Offer([1]);
                return originals.ArriveAsync();
            },
            () =>
            {
                originals.Answer();
                return callers.ArriveAsync();
            },
            running);
    }

    [Fact]
    public async Task A_callers_datagrams_to_the_workstation_end_after_a_minute_of_silence()
    {
        using var callers = new DatagramSockets();
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        (SessionStream stream, SessionStream workstation) = await sessions.OpenAsync(StreamKind.Inbound);
        byte[] framed = [0, 1, 7];
        byte[] buffer = new byte[framed.Length];
        using UdpFlow flow = FlowOf(callers);
        Task running = flow.ToWorkstationAsync(stream, CancellationToken.None);

        await SilentMinute.EndsFlowAsync(
            _time.Advance,
            async () =>
            {
                flow.Offer([1]);
                await workstation.AsStream().ReadExactlyAsync(buffer, Deadline.Token);
            },
            async () =>
            {
                await workstation.WriteAsync(framed, Deadline.Token);
                await callers.ArriveAsync();
            },
            running);
    }

    [Fact]
    public void What_waits_in_all_flows_of_a_port_together_is_bounded_and_the_newest_is_dropped()
    {
        using var callers = new DatagramSockets();
        using UdpFlow one = FlowOf(callers);
        using (UdpFlow other = FlowOf(callers))
        {
            one.Offer(new byte[60]);
            other.Offer(new byte[60]);
            other.Offer(new byte[30]);
            Assert.Equal(Most - 60 - 30, Left());
        }

        Assert.Equal(Most - 60, Left());
    }

    [Fact]
    public void A_datagram_for_which_a_flow_has_no_place_takes_none_from_the_others()
    {
        using var callers = new DatagramSockets();
        using UdpFlow flow = FlowOf(callers);
        for (int i = 0; i < Most; i++)
        {
            flow.Offer([1]);
        }

        Assert.Equal(Most - 64, Left());
    }

    [Fact]
    public async Task What_was_sent_makes_room_for_the_next()
    {
        using var callers = new DatagramSockets();
        using var originals = new DatagramSockets();
        using UdpFlow flow = FlowOf(callers);
        Task running = flow.ToOriginalAsync(originals.Near, CancellationToken.None);

        for (int i = 0; i < 2 * Most; i++)
        {
            flow.Offer([1]);
            await originals.ArriveAsync();
        }

        flow.End();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Deadline.Token));
        Assert.Equal(Most, Left());
    }

    [Fact]
    public void What_comes_after_a_flow_has_ended_takes_nothing()
    {
        using var callers = new DatagramSockets();
        UdpFlow flow = FlowOf(callers);
        flow.Dispose();

        flow.Offer([1]);

        Assert.Equal(Most, Left());
    }

    private int Left()
    {
        int left = 0;
        while (_waiting.TryTake(1))
        {
            left++;
        }

        _waiting.Return(left);
        return left;
    }

    private UdpFlow FlowOf(DatagramSockets callers)
    {
        // An unconnected socket would do; this one refuses to send to anybody but the caller.
        var caller = (IPEndPoint)callers.Far.LocalEndPoint!;
        return new UdpFlow(caller, callers.Near, _waiting, _time);
    }
}
