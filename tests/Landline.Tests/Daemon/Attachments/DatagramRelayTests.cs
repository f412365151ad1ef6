using Landline.Daemon.Attachments;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Daemon.Attachments;

public sealed class DatagramRelayTests
{
    private static readonly byte[] Framed = [0, 1, 7];

    [Fact]
    public async Task Datagrams_to_a_handler_end_after_a_minute_of_silence()
    {
        var time = new ManualTime();
        using var sockets = new DatagramSockets();
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        (SessionStream agent, SessionStream stream) = await sessions.OpenAsync(StreamKind.Inbound);
        byte[] buffer = new byte[Framed.Length];
        using FlowLife life = new FlowPlaces(1, time).Take(FlowLife.LongestSilence);
        Task running = DatagramRelay.RunAsync(sockets.Near, stream, discardsAnswers: false, life, CancellationToken.None);

        await SilentMinute.EndsFlowAsync(
            time.Advance,
            async () =>
            {
                sockets.Answer();
                await agent.AsStream().ReadExactlyAsync(buffer, Deadline.Token);
            },
            async () =>
            {
                await agent.WriteAsync(Framed, Deadline.Token);
                await sockets.ArriveAsync();
            },
            running);

        Assert.Equal(StreamEndCode.Canceled, (await agent.Completion.WaitAsync(Deadline.Token))?.Code);
    }

    [Fact]
    public async Task A_copys_datagrams_to_a_handler_end_after_a_minute_of_silence()
    {
        var time = new ManualTime();
        using var sockets = new DatagramSockets();
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        (SessionStream agent, SessionStream stream) = await sessions.OpenAsync(StreamKind.Inbound);
        using FlowLife life = new FlowPlaces(1, time).Take(FlowLife.LongestSilence);
        Task running = DatagramRelay.RunAsync(sockets.Near, stream, discardsAnswers: true, life, CancellationToken.None);

        // What the handler answers goes nowhere, so one direction is all that can be seen.
        await SilentMinute.EndsFlowAsync(time.Advance, CopyAsync, CopyAsync, running);

        Assert.Equal(StreamEndCode.Canceled, (await agent.Completion.WaitAsync(Deadline.Token))?.Code);

        async Task CopyAsync()
        {
            await agent.WriteAsync(Framed, Deadline.Token);
            await sockets.ArriveAsync();
        }
    }
}
