using System.Text.Json.Nodes;
using Landline.Daemon.Attachments;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>What becomes of an attachment when its object or its session goes away and comes back.</summary>
public sealed class StandingAttachmentTests
{
    [Fact]
    public async Task A_deletion_in_the_cluster_ends_it_and_is_a_warning()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        Attachment attachment = await scene.AttachAsync(AttachmentScene.Request("web"));

        scene.Stored.Delete($"{AttachmentScene.Objects}/web");
        await scene.Manager.TellAsync("web", attachment.Uid!, new AttachmentStatus { Phase = AttachmentPhase.Ended });

        Assert.Equal(AttachmentEnd.InCluster("somebody deleted it in the cluster"), await attachment.Ended.WaitAsync(Deadline.Token));
        Assert.Empty(scene.Attachments.Describe());
        WarningInfo warning = Assert.Single(scene.Warnings);
        Assert.Equal((WarningCodes.AttachmentEnded, "Attachment 'web' has ended: somebody deleted it in the cluster."), (warning.Code, warning.Title));
        await scene.Attachments.DetachAsync("web");
        Assert.Empty(scene.Warnings);
    }

    [Fact]
    public async Task A_new_session_confirms_again()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        await scene.AttachAsync(AttachmentScene.Request("web"));
        ConfirmAttachmentMessage first = await scene.Manager.Confirmed.ReadAsync(Deadline.Token);

        await scene.Manager.RestartAsync();

        Assert.Equal(first, await scene.Manager.Confirmed.ReadAsync(Deadline.Token));
        Assert.Single(scene.Attachments.Describe());
    }

    [Fact]
    public async Task A_slow_API_server_holds_up_no_confirmation_to_a_new_session()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        await scene.AttachAsync(AttachmentScene.Request("api"));
        await scene.AttachAsync(AttachmentScene.Request("web"));
        Assert.Equal(["api", "web"], await ConfirmedAsync(scene));
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Break = async context =>
        {
            if (context.Request.Path.StartsWithSegments(AttachmentScene.Objects, StringComparison.Ordinal))
            {
                await answer.Task.WaitAsync(Deadline.Token);
            }

            return false;
        };

        foreach (int _ in (int[])[1, 2])
        {
            // The second session comes while the look-ups of the first one still wait.
            await scene.Manager.RestartAsync();
            Assert.Equal(["api", "web"], await ConfirmedAsync(scene));
        }

        answer.SetResult();
        Assert.Equal(2, scene.Attachments.Describe().Count);
    }

    [Fact]
    public async Task When_the_connection_had_to_be_made_anew_its_attachments_are_too()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        Attachment attachment = await scene.AttachAsync(AttachmentScene.Request("web"));
        ConfirmAttachmentMessage first = await scene.Manager.Confirmed.ReadAsync(Deadline.Token);

        scene.StayAway();
        scene.Stored.Delete($"{AttachmentScene.Connections}/{scene.Registration.Name}");
        await scene.Manager.RestartAsync();

        ConfirmAttachmentMessage second = await scene.Manager.Confirmed.ReadAsync(Deadline.Token);
        Assert.NotEqual(first.Uid, second.Uid);
        JsonObject stored = scene.StoredAttachment("web")!;
        Assert.Equal(second.Uid, stored["metadata"]!["uid"]!.ToString());
        Assert.Equal(scene.Registration.Uid, stored["metadata"]!["ownerReferences"]![0]!["uid"]!.ToString());
        await AttachmentScene.WaitUntilAsync(() => attachment.Status.Phase == AttachmentPhase.Active);
    }

    [Fact]
    public async Task What_was_deleted_while_the_session_was_away_has_ended()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        Attachment attachment = await scene.AttachAsync(AttachmentScene.Request("web"));

        scene.Stored.Delete($"{AttachmentScene.Objects}/web");
        await scene.Manager.RestartAsync();

        Assert.Equal(AttachmentEnd.InCluster("somebody deleted it in the cluster"), await attachment.Ended.WaitAsync(Deadline.Token));
    }

    [Fact]
    public async Task A_deletion_that_did_not_reach_the_cluster_is_made_up_for()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        await scene.AttachAsync(AttachmentScene.Request("web"));
        int failures = 0;
        scene.Break = context =>
        {
            bool fails = context.Request.Method == "DELETE" && Interlocked.Increment(ref failures) == 1;
            context.Response.StatusCode = fails ? 403 : context.Response.StatusCode;
            return Task.FromResult(fails);
        };

        await scene.Attachments.DetachAsync("web");

        await AttachmentScene.WaitUntilAsync(() => scene.StoredAttachment("web") is null);
        Assert.Equal(2, failures);
    }

    /// <summary>The names that two confirmations are for, in alphabetical order; sooner than a request to the API server is given up (30 s).</summary>
    private static async Task<string[]> ConfirmedAsync(AttachmentScene scene)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        ConfirmAttachmentMessage one = await scene.Manager.Confirmed.ReadAsync(soon.Token);
        ConfirmAttachmentMessage other = await scene.Manager.Confirmed.ReadAsync(soon.Token);
        return [.. new[] { one.Name, other.Name }.Order(StringComparer.Ordinal)];
    }
}
