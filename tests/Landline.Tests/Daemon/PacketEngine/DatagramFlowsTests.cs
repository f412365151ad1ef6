using System.Threading.Channels;
using Landline.Daemon.PacketEngine;
using Landline.Networking.Packets;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Networking.Packets;
using Landline.Tests.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Daemon.PacketEngine;

public sealed class DatagramFlowsTests
{
    private const ushort AskerPort = 40_000;

    private static readonly FlowKey Key = new(SamplePackets.V4Source, AskerPort, SamplePackets.V4Destination, 53);

    [Fact]
    public async Task A_programs_datagrams_end_after_a_minute_of_silence()
    {
        var time = new ManualTime();
        Channel<byte[]> packets = Channel.CreateBounded<byte[]>(10);
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        var sender = new PacketSender(frame => packets.Writer.TryWrite(frame.ToArray()), headerBytes: 0, new EngineCounters());
        await using var flows = new DatagramFlows(
            new UdpForm(), most: 10, sender, () => sessions.Near, new EngineCounters(), time, NullLogger.Instance);
        byte[] buffer = new byte[100];
        Send(flows);
        SessionStream manager = await sessions.Offered.ReadAsync(Deadline.Token);
        manager.Accept();
        Assert.Equal(1, await manager.ReceiveDatagramAsync(buffer, Deadline.Token));

        await SilentMinute.EndsFlowAsync(
            amount =>
            {
                time.Advance(amount);
                flows.Sweep();
            },
            async () =>
            {
                Send(flows);
                Assert.Equal(1, await manager.ReceiveDatagramAsync(buffer, Deadline.Token));
            },
            async () =>
            {
                Assert.True(manager.TrySendDatagram([1]));
                await packets.Reader.ReadAsync(Deadline.Token);
            },
            manager.Completion);

        Assert.Equal(StreamEndCode.Canceled, (await manager.Completion)?.Code);
        Assert.Equal(0, flows.Count);
    }

    private static void Send(DatagramFlows flows)
    {
        byte[] question = SamplePackets.Udp(Key.Source, Key.SourcePort, Key.Destination, Key.DestinationPort, [1]);
        Assert.True(IpPacket.TryParse(question, out IpPacket packet));
        flows.Send(Key, [1], packet, SamplePackets.V4Source);
    }
}
