using Landline.Cluster.Manager.Attachments;

namespace Landline.Tests.Cluster.Manager.Attachments;

public sealed class ReplicaPatienceTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly ReplicaPatience _patience = new();

    [Fact]
    public void Ten_seconds_are_enough_for_a_node_that_says_nothing()
    {
        Assert.False(IsOver(0, ("a", false)));
        Assert.False(IsOver(9.9, ("a", false)));
        Assert.True(IsOver(10, ("a", false)));
    }

    [Fact]
    public void A_node_that_is_at_starting_its_agent_has_half_a_minute()
    {
        Assert.False(IsOver(0, ("a", true)));
        Assert.False(IsOver(29, ("a", true)));
        Assert.True(IsOver(30, ("a", true)));
    }

    [Fact]
    public void Each_replica_has_its_own_time()
    {
        Assert.False(IsOver(0, ("a", false)));
        Assert.False(IsOver(10, ("a", false), ("b", false)));
        Assert.True(IsOver(20, ("a", false), ("b", false)));
    }

    [Fact]
    public void Who_has_not_waited_in_between_begins_anew()
    {
        Assert.False(IsOver(0, ("a", false)));
        Assert.True(IsOver(5));
        Assert.False(IsOver(10, ("a", false)));
        Assert.True(IsOver(20, ("a", false)));
    }

    [Fact]
    public void Whom_nobody_waits_for_any_more_may_begin_to_start_without_being_waited_for_again()
    {
        Assert.False(IsOver(0, ("a", false)));
        Assert.True(IsOver(10, ("a", false)));
        Assert.True(IsOver(11, ("a", true)));
    }

    private bool IsOver(double seconds, params (string Uid, bool IsStarting)[] waiting)
    {
        _patience.Note(waiting, Noon.AddSeconds(seconds));
        return _patience.IsOver;
    }
}
