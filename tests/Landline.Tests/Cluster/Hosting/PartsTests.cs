using Landline.Cluster.Hosting;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Hosting;

public sealed class PartsTests
{
    [Fact]
    public async Task A_part_that_fails_ends_the_others_and_is_what_is_told()
    {
        var ended = new TaskCompletionSource();

        Task running = Parts.RunAsync([token => ForeverAsync(ended, token), FailAsync], Deadline.Token);

        await Assert.ThrowsAsync<InvalidOperationException>(() => running.WaitAsync(Deadline.Token));
        Assert.True(ended.Task.IsCompleted);
    }

    [Fact]
    public async Task Told_to_stop_all_of_them_end()
    {
        using var stop = new CancellationTokenSource();
        var (one, other) = (new TaskCompletionSource(), new TaskCompletionSource());
        Task running = Parts.RunAsync([token => ForeverAsync(one, token), token => ForeverAsync(other, token)], stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Deadline.Token));
        Assert.True(one.Task.IsCompleted && other.Task.IsCompleted);
    }

    private static async Task FailAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        throw new InvalidOperationException("a defect");
    }

    private static async Task ForeverAsync(TaskCompletionSource ended, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        finally
        {
            ended.SetResult();
        }
    }
}
