using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Attachments;

/// <summary>Datagrams to one port of the workstation: a stream to the pod for each sender, until that one is silent for a while
/// or a newer one needs its place.</summary>
internal sealed class ToPodDatagrams(
    Socket socket, Func<WorkloadOpen> open, WorkloadStreams workloads, TimeProvider time, ILogger logger)
{
    /// <summary>Each sender takes a stream and a socket in the pod: beyond that a new one takes the place of an old one.</summary>
    public const int MostFlows = 256;

    /// <summary>What waits for a stream that is being opened, or has no credit; beyond that datagrams are lost, as in a full router.</summary>
    private const int QueuedDatagrams = 64;

    private static readonly TimeSpan LongestDial = TimeSpan.FromSeconds(30);
    private static readonly IPEndPoint AnySender = new(IPAddress.Any, 0);

    private readonly FlowPlaces _places = new(MostFlows, time);
    private readonly ConcurrentDictionary<EndPoint, Flow> _flows = new();

    public async Task RunAsync(CancellationToken stop)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(DatagramReader.HeaderBytes + DatagramReader.LongestDatagram);
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await ReceiveAsync(buffer.AsMemory(DatagramReader.HeaderBytes), stop);
                BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)received.ReceivedBytes);
                FlowOf(received.RemoteEndPoint, stop).Queue.Writer.TryWrite(
                    buffer.AsSpan(0, DatagramReader.HeaderBytes + received.ReceivedBytes).ToArray());
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The attachment has ended.
        }

        await Task.WhenAll(_flows.Values.Select(flow => flow.Running));
    }

    // An answer that its sender does not wait for any more comes back as an error of the next receive.
    private async ValueTask<SocketReceiveFromResult> ReceiveAsync(Memory<byte> buffer, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await socket.ReceiveFromAsync(buffer, AnySender, stop);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                continue;
            }
        }
    }

    /// <summary>Called by the receiving loop alone.</summary>
    private Flow FlowOf(EndPoint sender, CancellationToken stop)
    {
        if (_flows.TryGetValue(sender, out Flow? flow))
        {
            return flow;
        }

        flow = new Flow();
        _flows[sender] = flow;
        flow.Running = ServeAsync(sender, flow, stop);
        return flow;
    }

    private async Task ServeAsync(EndPoint sender, Flow flow, CancellationToken stop)
    {
        // Off the receiving loop, which is still about to store this task.
        await Task.Yield();
        using FlowLife life = _places.Take(LongestDial);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(life.Over, stop);
        try
        {
            SessionStream stream = await workloads.OpenAsync(open(), over.Token);
            Task up = SendAsync(flow, stream, life, over.Token);
            Task down = AnswerAsync(sender, stream, life, over.Token);
            await Task.WhenAny(up, down);
            await over.CancelAsync();
            stream.Reset(new StreamEnd(StreamEndCode.Canceled, "The flow on the workstation is over."));
            await Task.WhenAll(up, down);
        }
        catch (Exception e) when (IsEnd(e))
        {
            logger.ToPodFailed(open().Attachment, open().Port, e.Message);
        }
        finally
        {
            _flows.TryRemove(sender, out _);
        }
    }

    private static async Task SendAsync(Flow flow, SessionStream stream, FlowLife life, CancellationToken over)
    {
        try
        {
            await foreach (byte[] framed in flow.Queue.Reader.ReadAllAsync(over))
            {
                life.HearQuestion();
                await stream.WriteAsync(framed, over);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            return;
        }
    }

    private async Task AnswerAsync(EndPoint sender, SessionStream stream, FlowLife life, CancellationToken over)
    {
        var reader = new DatagramReader(stream);
        try
        {
            while (await reader.ReadAsync(over) is { } datagram)
            {
                life.HearAnswer();
                await socket.SendToAsync(datagram, SocketFlags.None, sender, over);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            return;
        }
    }

    private static bool IsEnd(Exception exception) =>
        exception is SocketException or ObjectDisposedException or StreamEndedException or OperationCanceledException;

    private sealed class Flow
    {
        public Channel<byte[]> Queue { get; } = Channel.CreateBounded<byte[]>(
            new BoundedChannelOptions(QueuedDatagrams) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

        public Task Running { get; set; } = Task.CompletedTask;
    }
}
