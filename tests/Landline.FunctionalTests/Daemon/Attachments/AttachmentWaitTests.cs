using System.Threading.Channels;
using Landline.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>What is told while an attachment does not come about, and for how long it is waited for.</summary>
public sealed class AttachmentWaitTests
{
    [Fact]
    public async Task What_is_waited_for_is_told_until_it_is_there()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        scene.Manager.Answer = _ => new AttachmentStatus { Phase = AttachmentPhase.Pending, Reason = "Waiting", Message = "Pod web-1: the agent starts." };

        (Task<Attachment> attaching, ChannelReader<string> told) = Attach(scene);
        Assert.Equal("Pod web-1: the agent starts", await told.ReadAsync(Deadline.Token));
        ConfirmAttachmentMessage confirmed = await scene.Manager.Confirmed.ReadAsync(Deadline.Token);
        await scene.Manager.TellAsync("web", confirmed.Uid, ManagerStandIn.Active(8080, 8080));

        Assert.Equal(AttachmentPhase.Active, (await attaching).Status.Phase);
    }

    [Fact]
    public async Task An_agent_that_the_cluster_does_not_admit_is_not_waited_for()
    {
        var time = new ManualTime();
        await using AttachmentScene scene = await AttachmentScene.StartAsync(time);
        scene.Manager.Answer = _ => new AttachmentStatus
        {
            Phase = AttachmentPhase.Pending, Reason = "AgentNotAdmitted", Message = "Namespace landline does not admit the agent's pod: no privileged pods.",
        };

        (Task<Attachment> attaching, ChannelReader<string> told) = Attach(scene);
        await told.ReadAsync(Deadline.Token);
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(3), Deadline.Token);

        var error = await Assert.ThrowsAsync<UserErrorException>(() => attaching.WaitAsync(Deadline.Token));
        Assert.Equal("agent-not-admitted", error.Code);
        Assert.Equal("Attachment 'web' did not come about: Namespace landline does not admit the agent's pod: no privileged pods.", error.Message);
        Assert.Contains("Ask an administrator", error.Hint, StringComparison.Ordinal);
        Assert.Null(scene.StoredAttachment("web"));
    }

    [Fact]
    public async Task A_workload_that_is_rolled_out_is_waited_for_as_long_as_it_gets_on()
    {
        var time = new ManualTime();
        await using AttachmentScene scene = await AttachmentScene.StartAsync(time);
        scene.Manager.Answer = _ => Rollout(AttachmentStatus.Replacing, "0 of 3 pods of deployment/web are replaced.");

        (Task<Attachment> attaching, ChannelReader<string> told) = Attach(scene);
        ConfirmAttachmentMessage confirmed = await scene.Manager.Confirmed.ReadAsync(Deadline.Token);
        Assert.Equal("0 of 3 pods of deployment/web are replaced", await told.ReadAsync(Deadline.Token));
        foreach ((string reason, string message) in new[]
        {
            (AttachmentStatus.Replacing, "1 of 3 pods of deployment/web are replaced."),
            (AttachmentStatus.Replacing, "2 of 3 pods of deployment/web are replaced."),
            (AttachmentStatus.OriginalEnds, "Pod web-1 was told to end, and still runs."),
        })
        {
            time.Advance(TimeSpan.FromSeconds(50));
            await scene.Manager.TellAsync("web", confirmed.Uid, Rollout(reason, message));
            Assert.Equal(message.TrimEnd('.'), await told.ReadAsync(Deadline.Token));
        }

        time.Advance(TimeSpan.FromMinutes(5)); // Its grace period, of which nothing is heard.
        await scene.Manager.TellAsync("web", confirmed.Uid, ManagerStandIn.Active(8080, 8080));

        Assert.Equal(AttachmentPhase.Active, (await attaching.WaitAsync(Deadline.Token)).Status.Phase);
    }

    [Theory]
    [InlineData(AttachmentStatus.Replacing, 60)]
    [InlineData(AttachmentStatus.OriginalEnds, 900)]
    public async Task A_rollout_that_gets_stuck_is_given_up(string reason, int seconds)
    {
        var time = new ManualTime();
        await using AttachmentScene scene = await AttachmentScene.StartAsync(time);
        scene.Manager.Answer = _ => Rollout(reason, "It is where it was.");

        (Task<Attachment> attaching, ChannelReader<string> told) = Attach(scene);
        await told.ReadAsync(Deadline.Token);
        await time.AdvanceToTimerAsync(TimeSpan.FromSeconds(seconds), Deadline.Token);

        var error = await Assert.ThrowsAsync<UserErrorException>(() => attaching.WaitAsync(Deadline.Token));
        Assert.Equal("Attachment 'web' did not come about: It is where it was.", error.Message);
        Assert.Null(scene.StoredAttachment("web"));
    }

    [Fact]
    public async Task A_caller_that_goes_away_while_it_waits_leaves_nothing()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        scene.Manager.Answer = _ => null;
        using var caller = new CancellationTokenSource();

        Task<Attachment> attaching = scene.Attachments.AttachAsync(
            AttachmentScene.Request("web"), _ => ValueTask.CompletedTask, caller.Token);
        await scene.Manager.Confirmed.ReadAsync(Deadline.Token);
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attaching);
        Assert.Null(scene.StoredAttachment("web"));
    }

    /// <returns>What becomes of it, and what is told until then.</returns>
    private static (Task<Attachment> Attaching, ChannelReader<string> Told) Attach(AttachmentScene scene)
    {
        Channel<string> told = Channel.CreateBounded<string>(16);
        Task<Attachment> attaching = scene.Attachments.AttachAsync(
            AttachmentScene.Request("web"), line => told.Writer.WriteAsync(((AttachProgressEvent)line).Message), Deadline.Token);
        return (attaching, told.Reader);
    }

    private static AttachmentStatus Rollout(string reason, string message) =>
        new() { Phase = AttachmentPhase.Pending, Reason = reason, Message = message };
}
