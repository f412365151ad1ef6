using Landline.Daemon.PacketEngine;
using Landline.TestSupport;

namespace Landline.Tests.Daemon.PacketEngine;

public sealed class OpenWorkTests
{
    [Fact]
    public async Task Closing_waits_for_what_was_begun_and_lets_nothing_new_begin()
    {
        var work = new OpenWork();
        Assert.True(work.TryBegin());
        Assert.True(work.TryBegin());

        Task closed = work.CloseAsync();
        Assert.False(work.TryBegin());
        work.End();
        Assert.False(closed.IsCompleted);
        work.End();

        await closed.WaitAsync(Deadline.Token);
    }
}
