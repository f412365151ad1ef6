using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Attachments;

public sealed class WorkloadStreamsTests
{
    [Theory]
    [InlineData("of now", StreamEndCode.Unavailable)] // It has no replica: that is looked for after it has been let in.
    [InlineData("of before", StreamEndCode.NotAllowed)]
    public async Task The_files_of_an_attachment_are_for_the_Connection_that_it_was_made_for(string connectionUid, StreamEndCode expected)
    {
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        var key = new ObjectKey("shop", "alice");
        var workstation = new WorkstationPeer(
            sessions.Far, new ConnectionObject { Metadata = new() { Namespace = "shop", Name = "alice", Uid = "of now" } }, services: null!,
            new ManagerMetrics(), new TrackedTasks(NullLogger.Instance), TimeProvider.System, Deadline.Token);
        var streams = new WorkloadStreams(_ => new AttachedReplicas(key, connectionUid, AttachmentType.Ingest, []), agents: null!, TimeProvider.System);
        SessionStream asked = sessions.Near.Open(StreamKind.Workload, """{"attachment":"shop/web"}"""u8);

        await streams.ServeAsync(workstation, await sessions.Offered.ReadAsync(Deadline.Token), Deadline.Token);

        Assert.Equal(expected, (await asked.Opened.WaitAsync(Deadline.Token))!.Code);
    }
}
