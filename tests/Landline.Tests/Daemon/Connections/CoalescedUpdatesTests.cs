using System.Threading.Channels;
using Landline.Daemon.Connections;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.Connections;

public sealed class CoalescedUpdatesTests
{
    private readonly Channel<TaskCompletionSource> _begun = Channel.CreateBounded<TaskCompletionSource>(10);

    [Fact]
    public async Task Those_who_ask_while_one_runs_share_the_next()
    {
        await using var updates = new CoalescedUpdates(UpdateAsync);
        Task first = updates.AskAsync();
        TaskCompletionSource one = await _begun.Reader.ReadAsync(Deadline.Token);

        Task second = updates.AskAsync();
        Task third = updates.AskAsync();
        Assert.False(_begun.Reader.TryRead(out _));
        one.SetResult();
        await first.WaitAsync(Deadline.Token);
        TaskCompletionSource two = await _begun.Reader.ReadAsync(Deadline.Token);
        Assert.False(second.IsCompleted || third.IsCompleted);
        two.SetResult();

        await Task.WhenAll(second, third).WaitAsync(Deadline.Token);
        Assert.False(_begun.Reader.TryRead(out _));
    }

    [Fact]
    public async Task An_update_that_fails_does_not_keep_the_next_from_running()
    {
        var updates = new CoalescedUpdates(UpdateAsync);
        Task first = updates.AskAsync();
        TaskCompletionSource one = await _begun.Reader.ReadAsync(Deadline.Token);
        Task second = updates.AskAsync();

        one.SetException(new InvalidDataException("It does not fit."));
        await Assert.ThrowsAsync<InvalidDataException>(() => first);
        TaskCompletionSource two = await _begun.Reader.ReadAsync(Deadline.Token);
        two.SetException(new InvalidDataException("It does not fit."));

        await Assert.ThrowsAsync<InvalidDataException>(() => second);
        await updates.DisposeAsync();
    }

    [Fact]
    public async Task Disposal_cancels_what_runs_and_whoever_waits_is_let_go()
    {
        var updates = new CoalescedUpdates(UpdateAsync);
        Task first = updates.AskAsync();
        await _begun.Reader.ReadAsync(Deadline.Token);
        Task second = updates.AskAsync();

        await updates.DisposeAsync().AsTask().WaitAsync(Deadline.Token);

        await Task.WhenAll(first, second).WaitAsync(Deadline.Token);
        Assert.False(_begun.Reader.TryRead(out _));
    }

    private async Task UpdateAsync(CancellationToken stop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _begun.Writer.WriteAsync(ended, stop);
        await ended.Task.WaitAsync(stop);
    }
}
