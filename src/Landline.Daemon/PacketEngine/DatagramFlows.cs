using System.Buffers;
using Landline.Networking.Packets;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.PacketEngine;

/// <summary>
/// UDP or ICMP echo: a stream for each asker and target, so that answers find their asker. Bounded: the flow that was
/// silent longest gives way to a new one, and <see cref="Idle"/> ends any. A datagram that finds no credit is dropped, as
/// networks do.
/// <para>Threads: <see cref="Send"/> is the event loop's alone; answers come on the session's threads, sweeps on a timer.</para>
/// </summary>
internal sealed class DatagramFlows(
    IDatagramForm form,
    int most,
    PacketSender sender,
    Func<Session?> currentSession,
    EngineCounters counters,
    TimeProvider timeProvider,
    ILogger logger) : IAsyncDisposable
{
    /// <summary>As long as the manager keeps its side; RFC 4787 asks for more only of NATs in the open Internet.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Dictionary<FlowKey, DatagramFlow> _flows = [];
    private readonly OpenWork _work = new();

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _flows.Count;
            }
        }
    }

    /// <param name="question">The packet that carries the message, for the error that quotes it.</param>
    /// <param name="router">Who reports that the target cannot be reached.</param>
    public void Send(in FlowKey key, ReadOnlySpan<byte> message, in IpPacket question, PacketAddress router)
    {
        DatagramFlow? flow = Find(key) ?? TryOpen(key, question, router);
        if (flow is null)
        {
            return;
        }

        flow.LastUsed = timeProvider.GetTimestamp();
        if (!flow.TrySend(message))
        {
            counters.Count(EngineCounter.DatagramsDropped);
        }
    }

    /// <summary>To be called about every second: ends the flows that have been silent for <see cref="Idle"/>.</summary>
    public void Sweep()
    {
        List<DatagramFlow> idle;
        lock (_lock)
        {
            idle = [.. _flows.Values.Where(flow => timeProvider.GetElapsedTime(flow.LastUsed) > Idle)];
        }

        foreach (DatagramFlow flow in idle)
        {
            End(flow, "nothing was sent either way for 60 s");
        }
    }

    /// <summary>Ends every flow. The device is not read any more.</summary>
    public async ValueTask DisposeAsync()
    {
        List<DatagramFlow> all;
        lock (_lock)
        {
            all = [.. _flows.Values];
        }

        foreach (DatagramFlow flow in all)
        {
            End(flow, "the workstation disconnects");
        }

        await _work.CloseAsync();
    }

    private DatagramFlow? Find(in FlowKey key)
    {
        lock (_lock)
        {
            return _flows.TryGetValue(key, out DatagramFlow? flow) && !flow.Stream.Completion.IsCompleted ? flow : null;
        }
    }

    private DatagramFlow? TryOpen(in FlowKey key, in IpPacket question, PacketAddress router)
    {
        if (currentSession() is not { } session)
        {
            sender.SendUnreachable(question, router, UnreachableReason.Network);
            return null;
        }

        if (!_work.TryBegin())
        {
            return null;
        }

        MakeRoom();
        Span<byte> target = stackalloc byte[DialTarget.LongestBytes];
        int size = DialTarget.Write(target, DialTarget.To(key.Destination.ToIPAddress(), key.DestinationPort));
        var flow = new DatagramFlow(key, session.Open(form.Kind, target[..size]), router, timeProvider.GetTimestamp());
        lock (_lock)
        {
            _flows[key] = flow;
        }

        counters.Count(EngineCounter.FlowsOpened);
        _ = RunAsync(flow);
        return flow;
    }

    private void MakeRoom()
    {
        DatagramFlow? oldest;
        lock (_lock)
        {
            oldest = _flows.Count < most ? null : _flows.Values.MinBy(static flow => flow.LastUsed);
        }

        if (oldest is not null)
        {
            counters.Count(EngineCounter.FlowsEvicted);
            End(oldest, "a newer flow took its place");
        }
    }

    // Begun in the event loop, goes on on the thread pool.
    private async Task RunAsync(DatagramFlow flow)
    {
        try
        {
            StreamEnd? end = await flow.Stream.Opened;
            if (end is null)
            {
                flow.SendWaiting();
                end = await PassAnswersAsync(flow);
            }

            if (TryRemove(flow) && end is not null)
            {
                Report(flow, Refusals.Of(end));
            }
        }
        catch (Exception e)
        {
            PacketEngineLog.ConnectionFailed(logger, e);
        }
        finally
        {
            TryRemove(flow);
            _work.End();
        }
    }

    private async Task<StreamEnd?> PassAnswersAsync(DatagramFlow flow)
    {
        bool isV6 = flow.Key.IsV6;
        int messageOffset = sender.HeaderBytes + form.MessageOffset(isV6);
        byte[] frame = ArrayPool<byte>.Shared.Rent(messageOffset + form.LongestMessage(isV6));
        try
        {
            Memory<byte> message = frame.AsMemory(messageOffset, form.LongestMessage(isV6));
            while (await flow.Stream.ReceiveDatagramAsync(message, CancellationToken.None) is >= 0 and var size)
            {
                flow.LastUsed = timeProvider.GetTimestamp();
                if (form.TryCompleteAnswer(frame.AsSpan(sender.HeaderBytes, form.MessageOffset(isV6) + size), flow.Key))
                {
                    sender.SendBuilt(frame.AsSpan(0, messageOffset + size));
                }
            }

            return await flow.Stream.Completion;
        }
        catch (StreamEndedException e)
        {
            return e.End;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    private void Report(DatagramFlow flow, Refusal refusal)
    {
        if (refusal == Refusal.Silence)
        {
            return;
        }

        // 60 bytes hold the headers of any question.
        Span<byte> question = stackalloc byte[64];
        int size = form.WriteQuestion(question, flow.Key);
        if (IpPacket.TryParse(question[..size], out IpPacket packet))
        {
            PacketAddress reporter = refusal == Refusal.Refused ? flow.Key.Destination : flow.Router;
            sender.SendUnreachable(packet, reporter, Refusals.ToReason(refusal));
        }
    }

    private void End(DatagramFlow flow, string reason)
    {
        TryRemove(flow);
        flow.Stream.Reset(new StreamEnd(StreamEndCode.Canceled, reason));
    }

    private bool TryRemove(DatagramFlow flow)
    {
        lock (_lock)
        {
            return _flows.TryGetValue(flow.Key, out DatagramFlow? current) && ReferenceEquals(current, flow) && _flows.Remove(flow.Key);
        }
    }
}
