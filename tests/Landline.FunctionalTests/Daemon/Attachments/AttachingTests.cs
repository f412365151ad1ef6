using System.Text.Json.Nodes;
using System.Threading.Channels;
using Landline.Daemon.Attachments;
using Landline.Daemon.Connections;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;

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
        Channel<string> told = Channel.CreateBounded<string>(16);

        Task<Attachment> attaching = scene.Attachments.AttachAsync(
            AttachmentScene.Request("web"), line => told.Writer.WriteAsync(((AttachProgressEvent)line).Message), Deadline.Token);
        ConfirmAttachmentMessage confirmed = await scene.Manager.Confirmed.ReadAsync(Deadline.Token);
        Assert.Equal("0 of 3 pods of deployment/web are replaced", await told.Reader.ReadAsync(Deadline.Token));
        foreach ((string reason, string message) in new[]
        {
            (AttachmentStatus.Replacing, "1 of 3 pods of deployment/web are replaced."),
            (AttachmentStatus.Replacing, "2 of 3 pods of deployment/web are replaced."),
            (AttachmentStatus.OriginalEnds, "Pod web-1 was told to end, and still runs."),
        })
        {
            time.Advance(TimeSpan.FromSeconds(50));
            await scene.Manager.TellAsync("web", confirmed.Uid, Rollout(reason, message));
            Assert.Equal(message.TrimEnd('.'), await told.Reader.ReadAsync(Deadline.Token));
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

    [Fact]
    public async Task A_name_that_somebody_has_in_the_cluster_is_the_users_own_all_the_same()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync(new ManualTime());
        PutOther(scene, "bob", "elsewhere", ConnectionPhase.Connected);
        string own = $"web-{scene.Registration.Name!.Split('-')[^1]}";
        WorkloadOpen? opened = null;
        scene.Manager.ServeWorkload = (stream, open) =>
        {
            opened = open;
            stream.Refuse(new StreamEnd(StreamEndCode.Unavailable, "no replica runs"));
            return Task.CompletedTask;
        };

        Attachment attachment = await scene.AttachAsync(AttachmentScene.Request("web"));

        Assert.Equal("other", scene.StoredAttachment("web")!["spec"]!["connection"]!.ToString());
        JsonObject stored = scene.StoredAttachment(own)!;
        Assert.Equal(scene.Registration.Name, stored["spec"]!["connection"]!.ToString());
        Assert.Equal("web", stored["metadata"]!["annotations"]!["landline.dev/name"]!.ToString());
        AttachmentInfo info = Assert.Single(scene.Attachments.Describe());
        Assert.Equal(("web", own, attachment.Uid), (info.Name, info.ObjectName, info.Uid));

        // What manager and agent ask for, and are asked for, is the object.
        (_, StreamEnd? refusal) = await scene.CallAsync(own);
        Assert.Equal(StreamEndCode.Refused, refusal!.Code); // Nothing listens at its port.
        await Assert.ThrowsAsync<UserErrorException>(() => scene.Attachments.ReadEnvironmentAsync("web", Deadline.Token));
        Assert.Equal($"work/{own}", opened!.Attachment);

        await scene.Attachments.DetachAsync("web");

        Assert.Null(scene.StoredAttachment(own));
        Assert.NotNull(scene.StoredAttachment("web"));
    }

    [Fact]
    public async Task An_object_of_another_name_is_confirmed_again_by_a_new_session()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        PutOther(scene, "bob", "elsewhere", ConnectionPhase.Connected);
        Attachment attachment = await scene.AttachAsync(AttachmentScene.Request("web"));
        ConfirmAttachmentMessage first = await scene.Manager.Confirmed.ReadAsync(Deadline.Token);

        await scene.Manager.RestartAsync();

        Assert.Equal(first.Uid, (await scene.Manager.Confirmed.ReadAsync(Deadline.Token)).Uid);
        await scene.Manager.TellAsync("any", attachment.Uid!, ManagerStandIn.Active(81, 81)); // Comes after what the confirmation led to.
        await AttachmentScene.WaitUntilAsync(() => attachment.Status.Ports is [{ Port: 81 }]);
        Assert.Single(scene.Attachments.Describe());
        Assert.Empty(scene.Warnings);
    }

    [Theory]
    [InlineData(
        "attachments.landline.dev is forbidden: User 'a' cannot create resource 'attachments' in API group 'landline.dev'",
        "attachment-forbidden",
        "You may not create attachments.landline.dev in namespace 'work'.")]
    [InlineData(
        "attachments.landline.dev 'web' is forbidden: exceeded quota: few.",
        "attachment-denied",
        "The cluster denies attachment 'web': attachments.landline.dev 'web' is forbidden: exceeded quota: few.")]
    public async Task Only_missing_rights_are_said_to_be_missing_rights(string refusal, string code, string message)
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        scene.Break = async context =>
        {
            if (context.Request.Method != "POST")
            {
                return false;
            }

            context.Response.StatusCode = 403;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(new JsonObject { ["kind"] = "Status", ["reason"] = "Forbidden", ["message"] = refusal }.ToJsonString());
            return true;
        };

        var error = await Assert.ThrowsAsync<UserErrorException>(() => scene.AttachAsync(AttachmentScene.Request("web")));

        Assert.Equal((code, message), (error.Code, error.Message));
    }

    [Fact]
    public async Task What_a_killed_daemon_of_this_workstation_left_is_taken_over()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        PutOther(scene, Environment.UserName, Environment.MachineName, ConnectionPhase.Waiting);

        await scene.AttachAsync(AttachmentScene.Request("web"));

        Assert.Equal(scene.Registration.Name, scene.StoredAttachment("web")!["spec"]!["connection"]!.ToString());
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task What_a_killed_daemon_left_under_another_name_is_cleared_away(bool isNameTaken, bool isOurs)
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        PutOther(scene, isOurs ? Environment.UserName : "bob", Environment.MachineName, ConnectionPhase.Waiting);
        JsonObject left = scene.StoredAttachment("web")!;
        scene.Stored.Delete($"{AttachmentScene.Objects}/web");
        scene.Stored.Put($"{AttachmentScene.Objects}/web-x", new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["labels"] = new JsonObject { [ClusterObjects.ManagedByLabel] = ClusterObjects.ManagedBy },
                ["annotations"] = new JsonObject { [ClusterObjects.UsersNameAnnotation] = "web" },
            },
            ["spec"] = left["spec"]!.DeepClone(),
        });
        if (isNameTaken)
        {
            JsonNode bobs = left["spec"]!.DeepClone();
            bobs["connection"] = "bobs";
            scene.Stored.Put($"{AttachmentScene.Objects}/web", new JsonObject { ["spec"] = bobs });
        }

        await scene.AttachAsync(AttachmentScene.Request("web"));

        Assert.Equal(isOurs, scene.StoredAttachment("web-x") is null);
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

    [Fact]
    public async Task An_object_whose_creation_was_never_confirmed_does_not_keep_its_name()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        int made = 0;
        scene.Break = async context =>
        {
            if (context.Request.Method != "POST" || Interlocked.Increment(ref made) > 1)
            {
                return false;
            }

            JsonNode item = (await JsonNode.ParseAsync(context.Request.Body))!;
            scene.Stored.Put($"{AttachmentScene.Objects}/web", item.AsObject());
            context.Abort();
            return true;
        };
        await Assert.ThrowsAsync<UserErrorException>(() => scene.AttachAsync(AttachmentScene.Request("web")));
        Assert.NotNull(scene.StoredAttachment("web"));

        Attachment attachment = await scene.AttachAsync(AttachmentScene.Request("web"));

        Assert.Equal(AttachmentPhase.Active, attachment.Status.Phase);
        Assert.Equal(attachment.Uid, scene.StoredAttachment("web")!["metadata"]!["uid"]!.ToString());
    }

    [Fact]
    public async Task Workloads_are_what_the_manager_says()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        scene.Manager.Listing = new WorkloadsMessage
        {
            Workloads = [new WorkloadInfo { Kind = "Deployment", Name = "web", ReadyReplicas = 2 }],
            Unlisted = ["The pods cannot be listed: no."],
        };

        WorkloadReport report = await scene.Attachments.ListWorkloadsAsync(Deadline.Token);

        Assert.Equal("work", report.Namespace);
        Assert.Equal(("web", 2), (report.Workloads[0].Name, report.Workloads[0].ReadyReplicas));
        Assert.Equal(["The pods cannot be listed: no."], report.Unlisted);
    }

    [Fact]
    public async Task A_manager_that_can_list_nothing_is_an_error_and_no_empty_list()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        scene.Manager.Listing = new WorkloadsMessage { Error = "The deployments.apps cannot be listed: no." };

        var error = await Assert.ThrowsAsync<UserErrorException>(() => scene.Attachments.ListWorkloadsAsync(Deadline.Token));

        Assert.Equal("The manager cannot list the workloads of namespace 'work': The deployments.apps cannot be listed: no.", error.Message);
    }

    private static AttachmentStatus Rollout(string reason, string message) =>
        new() { Phase = AttachmentPhase.Pending, Reason = reason, Message = message };

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
