using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Attachments;
using Landline.Cluster.Manager.Health;
using Landline.Cluster.Manager.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.Tests.Cluster.Manager.Agents;

public sealed class InboundRelayTests
{
    private readonly ManagerMetrics _metrics = new();

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
