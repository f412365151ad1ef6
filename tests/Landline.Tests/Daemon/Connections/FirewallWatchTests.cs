using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Landline.Daemon.Connections;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.Connections;

public sealed class FirewallWatchTests
{
    private static readonly IPNetwork[] Routed4 = [IPNetwork.Parse("10.96.0.0/16"), IPNetwork.Parse("10.244.0.0/16")];
    private static readonly IPNetwork[] Routed6 = [IPNetwork.Parse("fd96::/108")];

    [Fact]
    public async Task A_firewall_that_drops_is_a_warning_until_it_does_not()
    {
        var time = new ManualTime();
        var warnings = new ConnectionWarnings("lab", time);
        var results = Channel.CreateBounded<bool>(3);
        await using var watch = new FirewallWatch((_, token) => results.Reader.ReadAsync(token).AsTask(), "landline3", warnings, time);
        watch.Watch(Routed4);

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
    public async Task Only_what_is_routed_is_tested_and_the_warning_names_it()
    {
        var time = new ManualTime();
        var warnings = new ConnectionWarnings("lab", time);
        var tested = Channel.CreateBounded<AddressFamily>(10);
        await using var watch = new FirewallWatch(
            async (version, token) =>
            {
                await tested.Writer.WriteAsync(version, token);
                return version == AddressFamily.InterNetwork;
            },
            "landline0",
            warnings,
            time);

        watch.Watch(Routed4);
        Assert.Equal(AddressFamily.InterNetwork, await tested.Reader.ReadAsync(Deadline.Token));
        watch.Watch([.. Routed4, .. Routed6]);
        Assert.Equal(AddressFamily.InterNetworkV6, await tested.Reader.ReadAsync(Deadline.Token));
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(10), Deadline.Token);
        Assert.Equal(AddressFamily.InterNetworkV6, await tested.Reader.ReadAsync(Deadline.Token));

        Assert.Contains("over IPv6", Assert.Single(warnings.Current).Title, StringComparison.Ordinal);
        Assert.False(tested.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_test_that_takes_its_time_does_not_hold_up_the_end()
    {
        var watch = new FirewallWatch(
            async (_, token) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                return true;
            },
            "landline0",
            new ConnectionWarnings("lab", TimeProvider.System),
            TimeProvider.System);
        watch.Watch(Routed4);

        await watch.DisposeAsync().AsTask().WaitAsync(Deadline.Token);
    }
}
