using Landline.Cluster.Agent.Wiretap;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Agent.Wiretap;

public sealed class SpareTimeTests
{
    private const int Processors = 4;
    private readonly ManualTime _time = new();
    private readonly SpareTime _spare;
    private NodeTime _node = new(TimeSpan.FromHours(5), TimeSpan.FromHours(2));
    private TimeSpan _own = TimeSpan.FromMinutes(7);

    public SpareTimeTests() => _spare = new SpareTime(() => _node, () => _own, _time);

    [Fact]
    public void Where_processors_are_idle_nobody_waits()
    {
        Assert.True(TakeAsync().IsCompletedSuccessfully);
        for (int i = 0; i < 10; i++)
        {
            Pass(TimeSpan.FromMilliseconds(150), idle: 0.21);
            _own += TimeSpan.FromMilliseconds(500);
            Assert.True(TakeAsync().IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task On_a_busy_node_it_takes_a_hundredth_of_it()
    {
        await BecomeBusyAsync();

        // Of four processors a hundredth is 40 us in a millisecond.
        _own += TimeSpan.FromMilliseconds(2);
        Task<bool> taken = TakeAsync();

        _time.Advance(TimeSpan.FromMilliseconds(49));
        Assert.False(taken.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await taken.WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task Who_takes_less_than_its_part_never_waits()
    {
        await BecomeBusyAsync();
        for (int i = 0; i < 10; i++)
        {
            Pass(TimeSpan.FromSeconds(1), idle: 0);
            _own += TimeSpan.FromMilliseconds(39);
            Assert.True(TakeAsync().IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task When_the_node_has_time_again_what_was_owed_is_forgotten()
    {
        await BecomeBusyAsync();
        _own += TimeSpan.FromMilliseconds(39);
        Task<bool> taken = TakeAsync();

        // Moments of rest do not make it one.
        for (TimeSpan rest = SpareTime.Memory - SpareTime.LookInterval; rest > TimeSpan.Zero; rest -= SpareTime.LookInterval)
        {
            Pass(SpareTime.LookInterval, idle: 0.5);
            Assert.True(await taken.WaitAsync(Deadline.Token));
            taken = TakeAsync();
            Assert.False(taken.IsCompleted);
        }

        Pass(SpareTime.LookInterval, idle: 0.5);
        Assert.True(await taken.WaitAsync(Deadline.Token));
        Assert.True(TakeAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Who_waits_can_be_told_to_stop()
    {
        await BecomeBusyAsync();
        using var stop = new CancellationTokenSource();
        _own += TimeSpan.FromSeconds(10);
        Task taken = _spare.TakeAsync(stop.Token).AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taken);
    }

    [Fact]
    public async Task Who_has_taken_the_part_of_a_second_in_advance_rests_until_the_node_has_time()
    {
        await BecomeBusyAsync();
        _own += TimeSpan.FromMilliseconds(41);

        Task<bool> taken = TakeAsync();
        _time.Advance(SpareTime.LookInterval);
        Assert.False(await taken.WaitAsync(Deadline.Token));

        Task resting = _spare.RestAsync(Deadline.Token);
        for (int i = 0; i < 5; i++)
        {
            await PassAsync(idle: 0);
            Assert.False(resting.IsCompleted);
        }

        for (int i = 0; !resting.IsCompleted; i++)
        {
            Assert.InRange(i, 0, SpareTime.Memory / SpareTime.LookInterval);
            await Task.WhenAny(resting, PassAsync(idle: 1));
        }

        Assert.True(await TakeAsync());
    }

    [Fact]
    public async Task On_a_node_that_stays_busy_it_is_tried_again()
    {
        await BecomeBusyAsync();
        Task resting = _spare.RestAsync(Deadline.Token);
        for (TimeSpan rest = TimeSpan.Zero; rest < SpareTime.LongestRest; rest += SpareTime.LookInterval)
        {
            Assert.False(resting.IsCompleted);
            await PassAsync(idle: 0);
        }

        await resting.WaitAsync(Deadline.Token);
    }

    [Theory]
    [InlineData("cpu  100 20 30 4000 500 6 7 8 9 10", 46_710, 45_000)]
    [InlineData("cpu  1 2 3 4 5 6 7 8", 360, 90)]
    [InlineData("cpu  1 2 3 4 5 6 7", 0, 0)]
    [InlineData("cpu  1 2 3 x 5 6 7 8", 0, 0)]
    [InlineData("cpu0 1 2 3 4 5 6 7 8", 0, 0)]
    [InlineData("", 0, 0)]
    public void What_the_kernel_tells(string line, int all, int idle) =>
        Assert.Equal(new NodeTime(TimeSpan.FromMilliseconds(all), TimeSpan.FromMilliseconds(idle)), NodeTime.Parse(line));

    [Fact]
    public void Without_the_kernels_word_there_is_time()
    {
        _node = NodeTime.Read("/nonexistent");
        Assert.Equal(default, _node);
        for (int i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _own += TimeSpan.FromSeconds(1);
            Assert.True(TakeAsync().IsCompletedSuccessfully);
        }
    }

    private Task<bool> TakeAsync() => _spare.TakeAsync(Deadline.Token).AsTask();

    private async Task BecomeBusyAsync()
    {
        await TakeAsync();
        Pass(SpareTime.LookInterval, idle: 0.19);
        await TakeAsync();
    }

    private Task PassAsync(double idle)
    {
        _node = new NodeTime(_node.All + (SpareTime.LookInterval * Processors), _node.Idle + (SpareTime.LookInterval * Processors * idle));
        return _time.AdvanceToTimerAsync(SpareTime.LookInterval, Deadline.Token);
    }

    private void Pass(TimeSpan time, double idle)
    {
        _node = new NodeTime(_node.All + (time * Processors), _node.Idle + (time * Processors * idle));
        _time.Advance(time);
    }
}
