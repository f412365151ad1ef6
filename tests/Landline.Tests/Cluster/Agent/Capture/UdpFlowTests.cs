using System.Net;
using Landline.Cluster.Agent.Capture;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Cluster.Agent.Capture;

/// <summary>The captured port is the near socket of one pair, whose far socket is the caller.</summary>
public sealed class UdpFlowTests
{
    private readonly ManualTime _time = new();

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

    private UdpFlow FlowOf(DatagramSockets callers)
    {
        // An unconnected socket would do; this one refuses to send to anybody but the caller.
        var caller = (IPEndPoint)callers.Far.LocalEndPoint!;
        return new UdpFlow(caller, callers.Near, _time);
    }
}
