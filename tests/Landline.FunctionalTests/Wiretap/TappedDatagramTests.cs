using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using static Landline.FunctionalTests.Wiretap.CopiedBytes;

namespace Landline.FunctionalTests.Wiretap;

/// <summary>A copy for each sender of datagrams, which have no end.</summary>
public sealed class TappedDatagramTests
{
    [RootFact]
    public async Task Datagrams_are_copied_whole_by_sender()
    {
        await using TappedPod pod = await TappedPod.StartAsync();
        foreach (IPAddress address in (IPAddress[])[TappedPod.Address, TappedPod.AddressV6])
        {
            var target = new IPEndPoint(address, TappedPod.UdpPort);
            using Socket server = pod.Pod.BindUdp(target, default);

            // The longer one crosses the wire in fragments.
            foreach (int length in (int[])[3, 0, 20_000])
            {
                byte[] datagram = new byte[length];
                Random.Shared.NextBytes(datagram);
                using Socket sender = pod.Callers.OpenSocket(address.AddressFamily, SocketType.Dgram, default);
                await sender.SendToAsync(datagram, SocketFlags.None, target, Deadline.Token);
                await sender.SendToAsync(datagram, SocketFlags.None, target, Deadline.Token);

                (InboundOpen open, SessionStream copy) = await pod.CopyAsync();
                Assert.Equal((PortProtocol.Udp, TappedPod.UdpPort), (open.Protocol, open.Port));
                Assert.Equal(((IPEndPoint)sender.LocalEndPoint!).Port, open.SourcePort);
                byte[] framed = new byte[2 + length];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)length);
                datagram.CopyTo(framed, 2);
                await ReadExactlyAsync(copy, framed);
                await ReadExactlyAsync(copy, framed);
            }
        }
    }

    [RootFact]
    public async Task The_copy_of_a_sender_ends_after_a_minute_of_silence_and_that_of_a_connection_does_not()
    {
        var time = new ManualTime();
        await using TappedPod pod = await TappedPod.StartAsync(time: time);
        var target = new IPEndPoint(TappedPod.Address, TappedPod.UdpPort);
        using Socket datagrams = pod.Pod.BindUdp(target, default);
        using Socket sender = pod.Callers.OpenSocket(AddressFamily.InterNetwork, SocketType.Dgram, default);
        await sender.ConnectAsync(target, Deadline.Token);
        await sender.SendAsync("one"u8.ToArray(), Deadline.Token);
        (_, SessionStream ofSender) = await pod.CopyAsync();
        await ReadExactlyAsync(ofSender, [0, 3, .. "one"u8]);
        using Socket server = pod.Listen(TappedPod.Address);
        using Socket caller = await pod.CallAsync(TappedPod.Address);
        await caller.SendAsync("before"u8.ToArray(), Deadline.Token);
        (_, SessionStream ofConnection) = await pod.CopyAsync();
        await ReadExactlyAsync(ofConnection, "before"u8.ToArray());

        time.Advance(TimeSpan.FromSeconds(61));

        Assert.Empty(await ReadToEndAsync(ofSender));
        await sender.SendAsync("two"u8.ToArray(), Deadline.Token);
        (_, SessionStream next) = await pod.CopyAsync();
        await ReadExactlyAsync(next, [0, 3, .. "two"u8]);
        await caller.SendAsync(" and after"u8.ToArray(), Deadline.Token);
        await ReadExactlyAsync(ofConnection, " and after"u8.ToArray());
        Assert.Equal(3, pod.Copies);
    }
}
