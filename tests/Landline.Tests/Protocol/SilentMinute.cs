using Landline.TestSupport;

namespace Landline.Tests.Protocol;

/// <summary>What every part that keeps a flow of datagrams promises: it ends after 60 s without one, in whichever direction.</summary>
internal static class SilentMinute
{
    private static readonly TimeSpan Nearly = TimeSpan.FromSeconds(59.9);

    // One of the parts looks once a second.
    private static readonly TimeSpan Whole = TimeSpan.FromSeconds(61);

    /// <param name="outbound">Sends a datagram toward the cluster, and returns when it has arrived: then the 60 s have begun anew.</param>
    /// <param name="inbound">The same the other way.</param>
    /// <param name="ended">Completes, or fails, when the flow is over, and for no other reason.</param>
    public static async Task EndsFlowAsync(Action<TimeSpan> pass, Func<Task> outbound, Func<Task> inbound, Task ended)
    {
        await outbound();
        pass(Nearly);
        await inbound();
        pass(Nearly);
        await outbound();
        pass(Nearly);
        await inbound();
        Assert.False(ended.IsCompleted);

        pass(Whole);
        await ended.WaitAsync(Deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.True(ended.IsCompleted);
    }
}
