using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Sessions;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Agents;

/// <summary>An agent: opens an Inbound stream for each connection that it has captured, and one Control stream.</summary>
internal sealed class AgentPeer(
    Session session, Admission.Agent admission, InboundRelay inbound, AgentRegistry registry, TrackedTasks tasks, CancellationToken stopping)
    : ISessionPeer
{
    public Session Session => session;

    public string Node => admission.Node;

    public string Pod => admission.Pod;

    public string PodUid => admission.PodUid;

    public void Accept(SessionStream stream)
    {
        switch (stream.Kind)
        {
            case StreamKind.Inbound:
                tasks.Run(() => inbound.ServeAsync(this, stream, stopping));
                break;
            case StreamKind.Control when registry.OnControl is { } serve:
                tasks.Run(() => serve(this, stream, stopping));
                break;
            default:
                stream.Refuse(new(StreamEndCode.NotAllowed, "the manager serves no such stream to an agent"));
                break;
        }
    }
}
