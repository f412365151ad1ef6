using Landline.Daemon.PacketEngine;
using Landline.TestSupport;
using Landline.Tests.Networking.Packets;

namespace Landline.Tests.Daemon.PacketEngine;

public sealed class HeldSynsTests
{
    private readonly ManualTime _time = new();
    private readonly HeldSyns _held;

    public HeldSynsTests() => _held = new HeldSyns(_time);

    [Fact]
    public void The_same_SYN_is_repeated_and_another_one_supersedes_it()
    {
        HeldSyn syn = Hold(1, sequenceNumber: 17);

        Assert.True(_held.IsRepeated(syn.Flow, 17, out HeldSyn? superseded));
        Assert.Null(superseded);
        Assert.False(_held.IsRepeated(syn.Flow, 18, out superseded));
        Assert.Same(syn, superseded);
        Assert.False(_held.TryRemove(syn));
    }

    [Fact]
    public void Only_one_removes_a_SYN()
    {
        HeldSyn syn = Hold(1, sequenceNumber: 17);

        Assert.True(_held.TryRemove(syn));
        Assert.False(_held.TryRemove(syn));
    }

    [Fact]
    public void A_later_SYN_between_the_same_ports_is_not_removed_for_an_earlier_one()
    {
        HeldSyn earlier = Hold(1, sequenceNumber: 17);
        _held.IsRepeated(earlier.Flow, 18, out _);
        HeldSyn later = Hold(1, sequenceNumber: 18);

        Assert.False(_held.TryRemove(earlier));
        Assert.True(_held.TryRemove(later));
    }

    [Fact]
    public void A_SYN_that_the_kernel_goes_on_repeating_is_kept_as_long_as_that_takes()
    {
        HeldSyn syn = Hold(1, sequenceNumber: 17);

        // Linux: five pauses of a second, then doubling.
        foreach (int pause in (int[])[1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64])
        {
            _time.Advance(TimeSpan.FromSeconds(pause));
            Assert.Empty(_held.RemoveAbandoned());
            Assert.True(_held.IsRepeated(syn.Flow, 17, out _));
        }
    }

    [Fact]
    public void A_SYN_that_is_not_repeated_is_abandoned()
    {
        HeldSyn syn = Hold(1, sequenceNumber: 17);
        _time.Advance(TimeSpan.FromSeconds(1));
        _held.IsRepeated(syn.Flow, 17, out _);

        _time.Advance(TimeSpan.FromSeconds(7));

        Assert.Same(syn, Assert.Single(_held.RemoveAbandoned()));
        Assert.Empty(_held.RemoveAll());
    }

    [Fact]
    public void There_is_a_bound()
    {
        for (int i = 0; i < HeldSyns.Most; i++)
        {
            Assert.False(_held.IsFull);
            Hold((ushort)i, sequenceNumber: 17);
        }

        Assert.True(_held.IsFull);
    }

    private HeldSyn Hold(ushort port, uint sequenceNumber)
    {
        var flow = new FlowKey(SamplePackets.V4Source, port, SamplePackets.V4Destination, 80);
        var syn = new HeldSyn(flow, sequenceNumber, [], null, _time.GetTimestamp());
        _held.Add(syn);
        return syn;
    }
}
