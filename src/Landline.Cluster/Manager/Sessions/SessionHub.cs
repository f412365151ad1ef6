using System.Collections.Concurrent;
using Landline.Cluster.Hosting;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Health;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>Knows who is behind each session, from its start to its end, and hands on the streams that it opens.</summary>
internal sealed class SessionHub(
    StreamServices services,
    WorkstationRegistry workstations,
    AgentRegistry agents,
    InboundRelay inbound,
    ManagerMetrics metrics,
    TrackedTasks tasks,
    TimeProvider timeProvider,
    ILogger logger,
    CancellationToken stopping)
{
    /// <summary>An agent is close by: what it cannot resume in this time, the original serves.</summary>
    private static readonly TimeSpan AgentGrace = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<Guid, ISessionPeer> _peers = new();

    public static TimeSpan GraceOf(object admission) =>
        admission is Admission.Workstation workstation ? workstation.Connection.Grace : AgentGrace;

    /// <summary>Called before any stream of the session is accepted.</summary>
    public void Start(Session session, object admission)
    {
        metrics.SessionStarted();
        switch (admission)
        {
            case Admission.Workstation workstation:
                StartWorkstation(session, workstation);
                break;
            case Admission.Agent agent:
                StartAgent(session, agent);
                break;
            default:
                throw new ArgumentException($"Nobody admits like this: {admission.GetType()}.", nameof(admission));
        }
    }

    public void Accept(Session session, SessionStream stream)
    {
        if (_peers.TryGetValue(session.Id, out ISessionPeer? peer))
        {
            peer.Accept(stream);
        }
        else
        {
            stream.Refuse(new(StreamEndCode.SessionLost, "the session has ended"));
        }
    }

    private void StartWorkstation(Session session, Admission.Workstation admission)
    {
        var peer = new WorkstationPeer(session, admission.Connection, services, metrics, tasks, timeProvider, stopping);
        _peers[session.Id] = peer;
        metrics.OfWorkstations.Add(session);
        SessionsLog.WorkstationCame(logger, session.Id, peer.Key.ToString());
        WorkstationPeer? before = workstations.Add(peer);
        bool away = false;
        session.StateChanged += (_, state) =>
        {
            // Ended does not say how: what was before does.
            away = state == SessionState.Ended ? away : state == SessionState.Reconnecting;
            workstations.NoteChange(peer);
        };
        tasks.Run(async () =>
        {
            if (before is not null)
            {
                await before.Session.DisposeAsync();
            }

            StreamEnd end = await session.Ended;
            _peers.TryRemove(session.Id, out _);
            metrics.OfWorkstations.Remove(session);
            workstations.Remove(peer, expired: away);
            SessionsLog.WorkstationLeft(logger, session.Id, peer.Key.ToString(), end.Detail);
        });
    }

    private void StartAgent(Session session, Admission.Agent admission)
    {
        var peer = new AgentPeer(session, admission, inbound, agents, tasks, stopping);
        _peers[session.Id] = peer;
        metrics.OfAgents.Add(session);
        SessionsLog.AgentCame(logger, session.Id, peer.Node);
        AgentPeer? before = agents.Add(peer);
        tasks.Run(async () =>
        {
            if (before is not null)
            {
                await before.Session.DisposeAsync();
            }

            StreamEnd end = await session.Ended;
            _peers.TryRemove(session.Id, out _);
            metrics.OfAgents.Remove(session);
            agents.Remove(peer);
            SessionsLog.AgentLeft(logger, session.Id, peer.Node, end.Detail);
        });
    }
}
