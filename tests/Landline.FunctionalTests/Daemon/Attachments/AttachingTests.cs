using System.Collections;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Landline.Daemon.Attachments;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Sessions;
using Landline.TestSupport;
using Microsoft.AspNetCore.Http;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>An attachment comes about, or is refused, and ends.</summary>
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
    public async Task A_detachment_before_there_is_an_object_leaves_nothing()
    {
        await using AttachmentScene scene = await AttachmentScene.StartAsync();
        int port = Handlers.FreePort();
        Task detaching = Task.CompletedTask;
        AttachRequest request = AttachmentScene.Request("web") with
        {
            ToPod = new WatchedPorts([new ToPodPort(port, PortProtocol.Tcp)], () => detaching = scene.Attachments.DetachAsync("web")),
        };

        var error = await Assert.ThrowsAsync<UserErrorException>(() => scene.AttachAsync(request));
        await detaching.WaitAsync(Deadline.Token);

        Assert.Equal("Attachment 'web' did not come about: it was detached meanwhile.", error.Message);
        Assert.Null(scene.StoredAttachment("web"));
        using var again = new TcpListener(IPAddress.Loopback, port);
        again.Start();
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

    /// <summary>Ports that tell when they are about to be taken: nothing of the attachment is there yet but its name.</summary>
    private sealed class WatchedPorts(IReadOnlyList<ToPodPort> ports, Action taken) : IReadOnlyList<ToPodPort>
    {
        public int Count => ports.Count;

        public ToPodPort this[int index] => ports[index];

        public IEnumerator<ToPodPort> GetEnumerator()
        {
            taken();
            return ports.GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
