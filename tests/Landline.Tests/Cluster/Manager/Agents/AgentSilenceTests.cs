using Landline.Cluster.Manager.Agents;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Manager.Agents;

public sealed class AgentSilenceTests
{
    private readonly ManualTime _time = new();
    private readonly AgentSilence _silence;

    public AgentSilenceTests() => _silence = new AgentSilence(_time);

    [Fact]
    public void An_agent_that_is_silent_at_two_beats_in_a_row_hangs()
    {
        Assert.Empty(Beat("a"));
        Assert.Equal(["a"], Beat("a", "b"));
        Assert.Equal(["a", "b"], Beat("a", "b").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_agent_that_is_heard_in_between_does_not_hang()
    {
        Beat("a");
        Beat();

        Assert.Empty(Beat("a"));
    }

    [Fact]
    public void A_manager_that_was_away_itself_listens_before_it_judges()
    {
        Beat("a");
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Empty(Beat("a"));
        Assert.Empty(Beat("a"));
        Assert.Equal(["a"], Beat("a"));
    }

    [Fact]
    public void A_beat_that_is_a_little_late_counts()
    {
        Beat("a");
        _time.Advance(LiveMessage.Interval);

        Assert.Equal(["a"], Beat("a"));
    }

    private IReadOnlySet<string> Beat(params string[] silent)
    {
        _time.Advance(LiveMessage.Interval);
        return _silence.Beat(silent);
    }
}
