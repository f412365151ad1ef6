using System.Threading.Channels;
using Landline.Daemon.Connections;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.Connections;

public sealed class FirewallWatchTests
{
    [Fact]
    public async Task A_firewall_that_drops_is_a_warning_until_it_does_not()
    {
        var time = new ManualTime();
        var warnings = new ConnectionWarnings("lab", time);
        var results = Channel.CreateBounded<bool>(3);
        await using var watch = new FirewallWatch(token => results.Reader.ReadAsync(token).AsTask(), "landline3", warnings, time);

        await results.Writer.WriteAsync(false, Deadline.Token);
        await results.Writer.WriteAsync(false, Deadline.Token);
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        Assert.Contains("ufw allow in on landline3", Assert.Single(warnings.Current).Hint, StringComparison.Ordinal);

        await results.Writer.WriteAsync(true, Deadline.Token);
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        CancellationToken deadline = Deadline.Token;
        while (warnings.Current.Count > 0)
        {
            deadline.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    [Fact]
    public async Task A_test_that_takes_its_time_does_not_hold_up_the_end()
    {
        var watch = new FirewallWatch(
            async token =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return true;
            },
            "landline0",
            new ConnectionWarnings("lab", TimeProvider.System),
            TimeProvider.System);

        await watch.DisposeAsync().AsTask().WaitAsync(Deadline.Token);
    }
}
