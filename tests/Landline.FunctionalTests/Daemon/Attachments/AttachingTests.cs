using System.Text.Json.Nodes;
using Landline.Daemon.Attachments;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Sessions;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

public sealed class AttachingTests
{
    [Fact]
    public async Task An_attachment_is_an_object_of_the_connection_that_its_session_confirms()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();

        Attachment attachment = await scene.AttachAsync(AttachmentScene.Request("web"));

        JsonObject stored = scene.StoredAttachment("web")!;
        JsonNode owner = stored["metadata"]!["ownerReferences"]![0]!;
        Assert.Equal(scene.Registration.Uid, owner["uid"]!.ToString());
        Assert.False(owner["blockOwnerDeletion"]!.GetValue<bool>());
        Assert.Equal(scene.Registration.Name, stored["spec"]!["connection"]!.ToString());
        ConfirmAttachmentMessage confirmed = await scene.Manager.Confirmed.ReadAsync(Deadline.Token);
        Assert.Equal(("web", stored["metadata"]!["uid"]!.ToString()), (confirmed.Name, confirmed.Uid));
        AttachmentInfo info = attachment.Describe();
        Assert.Equal(("deployment/web", "app", AttachmentPhase.Active), (info.Workload, info.Container, info.Phase));
    }

    [Fact]
    public async Task While_something_is_attached_the_manager_hears_of_the_workstation_twice_a_second()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        Assert.Equal(KeepAlive.Default, scene.Sessions.KeepAlive);

        await scene.AttachAsync(AttachmentScene.Request("web"));
        Assert.Equal(LiveMessage.Interval, scene.Sessions.Current.KeepAlive.Interval);

        await scene.Attachments.DetachAsync("web");
        Assert.Equal(KeepAlive.Default, scene.Sessions.Current.KeepAlive);
    }

    [Fact]
    public async Task Detaching_deletes_the_object()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        Attachment attachment = await scene.AttachAsync(AttachmentScene.Request("web"));

        await scene.Attachments.DetachAsync("web");

        Assert.Null(scene.StoredAttachment("web"));
        Assert.Equal(AttachmentEnd.Detached, await attachment.Ended.WaitAsync(Deadline.Token));
        Assert.Empty(scene.Attachments.Describe());
        var again = await Assert.ThrowsAsync<UserErrorException>(() => scene.Attachments.DetachAsync("web"));
        Assert.Equal("attachment-unknown", again.Code);
    }

    [Fact]
    public async Task What_the_manager_refuses_is_told_in_its_words_and_nothing_is_left()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        scene.Manager.Answer = _ => new AttachmentStatus
        {
            Phase = AttachmentPhase.Refused, Reason = "AmbiguousPort", Message = "Deployment/web has several ports: http (80), grpc (81).",
        };

        var error = await Assert.ThrowsAsync<UserErrorException>(() => scene.AttachAsync(AttachmentScene.Request("web")));

        Assert.Equal("attachment-refused", error.Code);
        Assert.Equal("Attachment 'web' is not possible: Deployment/web has several ports: http (80), grpc (81).", error.Message);
        Assert.Equal("Say which one with: -p LOCAL:IDENTIFIER", error.Hint);
        Assert.Null(scene.StoredAttachment("web"));
        Assert.Equal(KeepAlive.Default, scene.Sessions.KeepAlive);
    }

    [Fact]
    public async Task What_is_waited_for_is_told_until_it_is_there()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        scene.Manager.Answer = _ => new AttachmentStatus { Phase = AttachmentPhase.Pending, Reason = "Waiting", Message = "Pod web-1: the agent starts." };
        var told = new TaskCompletionSource<string>();

        Task<Attachment> attaching = scene.Attachments.AttachAsync(
            AttachmentScene.Request("web"),
            line =>
            {
                told.TrySetResult(((AttachProgressEvent)line).Message);
                return ValueTask.CompletedTask;
            },
            Deadline.Token);
        Assert.Equal("Pod web-1: the agent starts", await told.Task.WaitAsync(Deadline.Token));
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
        var told = new TaskCompletionSource();

        Task<Attachment> attaching = scene.Attachments.AttachAsync(
            AttachmentScene.Request("web"),
            _ =>
            {
                told.TrySetResult();
                return ValueTask.CompletedTask;
            },
            Deadline.Token);
        await told.Task.WaitAsync(Deadline.Token);
        time.Advance(TimeSpan.FromSeconds(3));

        var error = await Assert.ThrowsAsync<UserErrorException>(() => attaching.WaitAsync(Deadline.Token));
        Assert.Equal("agent-not-admitted", error.Code);
        Assert.Equal("Attachment 'web' did not come about: Namespace landline does not admit the agent's pod: no privileged pods.", error.Message);
        Assert.Contains("Ask an administrator", error.Hint, StringComparison.Ordinal);
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

    [Fact]
    public async Task A_name_that_somebody_has_is_refused_with_the_owner()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        PutOther(scene, "bob", "elsewhere", ConnectionPhase.Connected);

        var error = await Assert.ThrowsAsync<UserErrorException>(() => scene.AttachAsync(AttachmentScene.Request("web")));

        Assert.Equal("There is an attachment 'web' in namespace 'work' already, of bob@elsewhere.", error.Message);
        Assert.Equal("other", scene.StoredAttachment("web")!["spec"]!["connection"]!.ToString());
    }

    [Fact]
    public async Task What_a_killed_daemon_of_this_workstation_left_is_taken_over()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        PutOther(scene, Environment.UserName, Environment.MachineName, ConnectionPhase.Waiting);

        await scene.AttachAsync(AttachmentScene.Request("web"));

        Assert.Equal(scene.Registration.Name, scene.StoredAttachment("web")!["spec"]!["connection"]!.ToString());
    }

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
    public async Task When_the_connection_had_to_be_made_anew_its_attachments_are_too()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        Attachment attachment = await scene.AttachAsync(AttachmentScene.Request("web"));
        ConfirmAttachmentMessage first = await scene.Manager.Confirmed.ReadAsync(Deadline.Token);

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

    [Fact]
    public async Task Workloads_are_what_the_manager_says()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        scene.Manager.Workloads = [new WorkloadInfo { Kind = "Deployment", Name = "web", ReadyReplicas = 2 }];

        WorkloadReport report = await scene.Attachments.ListWorkloadsAsync(Deadline.Token);

        Assert.Equal("work", report.Namespace);
        Assert.Equal(("web", 2), (report.Workloads[0].Name, report.Workloads[0].ReadyReplicas));
    }

    private static void PutOther(AttachmentScene scene, string user, string host, ConnectionPhase phase)
    {
        scene.Stored.Put($"{AttachmentScene.Connections}/other", new JsonObject
        {
            ["spec"] = new JsonObject { ["client"] = new JsonObject { ["user"] = user, ["host"] = host } },
            ["status"] = new JsonObject { ["phase"] = phase.ToString() },
        });
        scene.Stored.Put($"{AttachmentScene.Objects}/web", new JsonObject
        {
            ["spec"] = new JsonObject { ["connection"] = "other", ["type"] = "Intercept", ["workload"] = new JsonObject { ["name"] = "web" } },
        });
    }
}
