using System.Text.Json.Nodes;
using Landline.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>Names of attachments that somebody else, or a dead daemon, has in the cluster.</summary>
public sealed class AttachmentNamesTests
{
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
