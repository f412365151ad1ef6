using Landline.Protocol.Sessions;

namespace Landline.Tests.Protocol.Sessions;

public sealed class RoundTripTimesTests
{
    private readonly RoundTripTimes _times = new();

    [Fact]
    public void Nothing_is_known_before_the_first_answer() => Assert.Equal(TimeSpan.Zero, _times.Shortest);

    [Fact]
    public void A_queue_lengthens_the_average_and_not_the_shortest()
    {
        Add(5, 100, 100, 100);

        Assert.Equal(5, _times.Shortest.TotalMilliseconds);
        Assert.InRange(_times.Average.TotalMilliseconds, 30, 60);
    }

    [Fact]
    public void A_path_that_has_become_longer_is_believed_after_two_epochs()
    {
        Add(1, 1, 1);
        Add([.. Enumerable.Repeat(40.0, 6)]);
        Assert.Equal(1, _times.Shortest.TotalMilliseconds);

        Add([.. Enumerable.Repeat(40.0, 4)]);
        Assert.Equal(40, _times.Shortest.TotalMilliseconds);
    }

    [Fact]
    public void A_path_that_has_become_shorter_is_believed_at_once()
    {
        Add([.. Enumerable.Repeat(40.0, 20)]);

        Add(3);

        Assert.Equal(3, _times.Shortest.TotalMilliseconds);
    }

    [Fact]
    public void Another_link_begins_anew_with_its_first_answer()
    {
        Add(1, 1, 1);

        _times.Restart();
        Assert.Equal(1, _times.Shortest.TotalMilliseconds);
        Add(40);

        Assert.Equal(40, _times.Shortest.TotalMilliseconds);
        Assert.Equal(40, _times.Average.TotalMilliseconds);
    }

    private void Add(params double[] milliseconds)
    {
        foreach (double sample in milliseconds)
        {
            _times.Add(TimeSpan.FromMilliseconds(sample));
        }
    }
}
