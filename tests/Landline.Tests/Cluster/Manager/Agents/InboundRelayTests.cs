using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Sessions;
using Landline.Cluster.Manager.Watching;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Agents;

public sealed class InboundRelayTests
{
    private readonly ManagerMetrics _metrics = new();

    [Theory]
    [InlineData("of now", StreamEndCode.Unavailable)] // Its link is not there yet: that is looked at after it has been found.
    [InlineData("of before", StreamEndCode.NotAllowed)]
    public async Task A_captured_connection_is_for_the_Connection_that_its_attachment_was_made_for(string connectionUid, StreamEndCode expected)
    {
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        await using var session = new Session(
            Guid.NewGuid(), isClient: false, (_, _) => { }, TimeProvider.System, KeepAlive.Default, TimeSpan.FromMinutes(2));
        var workstations = new WorkstationRegistry();
        workstations.Add(new WorkstationPeer(
            session, new ConnectionObject { Metadata = new() { Namespace = "shop", Name = "alice", Uid = "of now" } }, services: null!, _metrics,
            new TrackedTasks(NullLogger.Instance), TimeProvider.System, Deadline.Token));
        var attachments = new AttachmentRegistry();
        attachments.Set(new ActiveAttachment(
            new ObjectKey("shop", "web"), new ObjectKey("shop", "alice"), connectionUid, new HashSet<string> { "node1" }));
        var relay = new InboundRelay(attachments, workstations, _metrics, TimeProvider.System);
        var agent = new AgentPeer(
            sessions.Far, new Admission.Agent("node1", "agent", "uid"), relay, new AgentRegistry(),
            new TrackedTasks(NullLogger.Instance), Deadline.Token);
        SessionStream captured = sessions.Near.Open(StreamKind.Inbound, """{"attachment":"shop/web"}"""u8);

        await relay.ServeAsync(agent, await sessions.Offered.ReadAsync(Deadline.Token), Deadline.Token);

        Assert.Equal(expected, (await captured.Opened.WaitAsync(Deadline.Token))!.Code);
    }

    [Fact]
    public async Task A_captured_connection_of_no_attachment_is_refused_and_counted()
    {
        await using SessionPair sessions = await SessionPair.ConnectAsync();
        var relay = new InboundRelay(new AttachmentRegistry(), new WorkstationRegistry(), _metrics, TimeProvider.System);
        var agent = new AgentPeer(
            sessions.Far, new Admission.Agent("node1", "agent", "uid"), relay, new AgentRegistry(),
            new TrackedTasks(NullLogger.Instance), Deadline.Token);
        SessionStream captured = sessions.Near.Open(StreamKind.Inbound, """{"attachment":"shop/web"}"""u8);

        await relay.ServeAsync(agent, await sessions.Offered.ReadAsync(Deadline.Token), Deadline.Token);

        StreamEnd? end = await captured.Opened.WaitAsync(Deadline.Token);
        Assert.Equal(StreamEndCode.NotAllowed, end!.Code);
        Assert.Equal(1, _metrics.StreamsOpened(StreamKind.Inbound));
        Assert.Equal(0, _metrics.StreamsOpen(StreamKind.Inbound));
    }
}
