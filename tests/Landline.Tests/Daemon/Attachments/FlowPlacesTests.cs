using Landline.Daemon.Attachments;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.Attachments;

public sealed class FlowPlacesTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void When_all_places_are_taken_a_new_flow_ends_the_one_that_has_been_silent_for_longest()
    {
        var places = new FlowPlaces(3, _time);
        FlowLife[] flows = [Take(places), Take(places), Take(places)];
        flows[0].HearQuestion();

        FlowLife next = Take(places);

        Assert.Equal([false, true, false], flows.Select(IsOver));
        Assert.False(IsOver(next));
    }

    [Fact]
    public void One_question_that_was_answered_is_missed_least()
    {
        var places = new FlowPlaces(3, _time);
        FlowLife[] flows = [Take(places), Take(places), Take(places)];
        flows[1].HearQuestion();
        flows[1].HearQuestion();
        flows[1].HearAnswer();
        flows[2].HearQuestion();
        flows[2].HearAnswer();

        Take(places);

        Assert.Equal([false, false, true], flows.Select(IsOver));
    }

    [Fact]
    public void A_flow_that_has_ended_leaves_its_place_to_the_next()
    {
        var places = new FlowPlaces(1, _time);
        Take(places).Dispose();

        FlowLife next = Take(places);
        FlowLife afterIt = Take(places);

        Assert.True(IsOver(next));
        Assert.False(IsOver(afterIt));
    }

    [Fact]
    public void Who_has_many_places_makes_room_for_some_flows_at_once()
    {
        var places = new FlowPlaces(256, _time);
        FlowLife[] flows = [.. Enumerable.Range(0, 256).Select(_ => Take(places))];

        Take(places);

        Assert.Equal([true, true, true, true, false], flows[..5].Select(IsOver));
        Assert.Equal(4, flows.Count(IsOver));
    }

    private static bool IsOver(FlowLife flow) => flow.Over.IsCancellationRequested;

    // Each a moment after the one before.
    private FlowLife Take(FlowPlaces places)
    {
        _time.Advance(TimeSpan.FromMilliseconds(1));
        return places.Take(FlowLife.LongestSilence);
    }
}
