using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Daemon.Attachments;

/// <summary>The workloads of the connected namespace, as the manager tells of them.</summary>
public sealed class WorkloadListingTests
{
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
}
