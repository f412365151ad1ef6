using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Tests.Protocol.Sessions;

/// <summary>How a link that says nothing any more, and ends with no error either, is noticed.</summary>
public sealed class KeepAliveTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void By_default_a_dead_link_is_noticed_within_ten_seconds_and_after_more_than_one_ping()
    {
        Assert.True(KeepAlive.Default.Interval + KeepAlive.Default.DeadAfter <= TimeSpan.FromSeconds(10));
        Assert.True(KeepAlive.Default.DeadAfter >= 3 * KeepAlive.Default.Interval);
    }

    [Fact]
    public void A_silent_link_is_given_up_when_its_time_is_over_and_not_before()
    {
        var pair = new SimulatedPair();
        pair.Carry();

        pair.Time.Advance(KeepAlive.Default.DeadAfter - Moment);
        Assert.Equal(SessionState.Connected, pair.Near.State);
        Assert.False(pair.NearLink.IsAborted);

        pair.Time.Advance(Moment);
        Assert.Equal(SessionState.Reconnecting, pair.Near.State);
        Assert.Equal(SessionState.Reconnecting, pair.Far.State);
        Assert.True(pair.NearLink.IsAborted);
        Assert.Contains("8 s", Assert.IsType<IOException>(pair.NearLink.Failure).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_over_which_nothing_is_sent_but_pings_is_kept()
    {
        var pair = new SimulatedPair();

        for (int interval = 0; interval < 30; interval++)
        {
            pair.Time.Advance(KeepAlive.Default.Interval);
            pair.Carry();
        }

        Assert.Equal(SessionState.Connected, pair.Near.State);
        Assert.Equal(SessionState.Connected, pair.Far.State);
        Assert.Equal(0, pair.Near.Reconnects);
        Assert.True(pair.Near.SilentFor < KeepAlive.Default.Interval);
    }

    [Fact]
    public void A_peer_that_hears_nothing_is_given_up_by_that_peer_though_it_is_heard()
    {
        var pair = new SimulatedPair();
        pair.Carry();

        for (TimeSpan passed = TimeSpan.Zero; passed < KeepAlive.Default.DeadAfter; passed += KeepAlive.Default.Interval)
        {
            pair.Time.Advance(KeepAlive.Default.Interval);
            pair.CarryToNear();
        }

        Assert.Equal(SessionState.Reconnecting, pair.Far.State);
        Assert.Equal(SessionState.Connected, pair.Near.State);
    }

    [Fact]
    public void Any_byte_is_a_sign_of_life()
    {
        var pair = new SimulatedPair();
        (_, SessionStream far) = pair.Open();
        pair.Time.Advance(KeepAlive.Default.DeadAfter - Moment);

        Assert.Equal(1, far.TryWrite("x"u8, hasTurn: false));
        pair.FarLink.TakeOutput(int.MaxValue);
        pair.FarLink.Carry(pair.NearLink, 1); // The first byte of a frame.
        pair.Time.Advance(KeepAlive.Default.DeadAfter - Moment);

        Assert.Equal(SessionState.Connected, pair.Near.State);
        Assert.Equal(SessionState.Reconnecting, pair.Far.State);
    }

    [Fact]
    public void A_shorter_keep_alive_takes_effect_on_the_link_of_now()
    {
        var pair = new SimulatedPair();
        pair.Carry();

        pair.Near.KeepAlive = new KeepAlive(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(1.5));
        pair.Time.Advance(TimeSpan.FromSeconds(1.5));

        Assert.Equal(SessionState.Reconnecting, pair.Near.State);
        Assert.Equal(SessionState.Connected, pair.Far.State);
    }

    [Fact]
    public void A_probe_gives_up_a_dead_link_before_its_usual_time()
    {
        var pair = new SimulatedPair();
        pair.Carry();

        pair.Near.Probe();
        pair.Time.Advance(SessionLimits.ProbeTimeout - Moment);
        Assert.Equal(SessionState.Connected, pair.Near.State);

        pair.Time.Advance(Moment);
        Assert.Equal(SessionState.Reconnecting, pair.Near.State);
        Assert.Contains("network changed", Assert.IsType<IOException>(pair.NearLink.Failure).Message, StringComparison.Ordinal);
        Assert.Equal(SessionState.Connected, pair.Far.State); // Which was not told, and waits as always.
        Assert.True(SessionLimits.ProbeTimeout < KeepAlive.Default.Interval);
    }

    [Fact]
    public void A_live_link_survives_a_probe()
    {
        var pair = new SimulatedPair();
        pair.Carry();

        pair.Near.Probe();
        pair.Time.Advance(SessionLimits.ProbeTimeout - Moment);
        pair.Carry();
        pair.Time.Advance(KeepAlive.Default.Interval);

        Assert.Equal(SessionState.Connected, pair.Near.State);
        Assert.False(pair.NearLink.IsAborted);
    }

    [Fact]
    public void A_new_link_is_not_held_to_the_probe_of_the_one_before()
    {
        var pair = new SimulatedPair();
        pair.Carry();

        pair.Near.Probe();
        pair.Time.Advance(SessionLimits.ProbeTimeout - Moment);
        pair.Connect();
        pair.Time.Advance(KeepAlive.Default.DeadAfter - (2 * Moment));

        Assert.Equal(SessionState.Connected, pair.Near.State);
    }
}
