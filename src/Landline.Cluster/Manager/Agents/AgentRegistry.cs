using System.Collections.Concurrent;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Agents;

/// <summary>The agents that have a session, one per node. Thread-safe.</summary>
internal sealed class AgentRegistry
{
    private readonly ConcurrentDictionary<string, AgentPeer> _byNode = new(StringComparer.Ordinal);

    /// <summary>An agent's session has started (true) or ended (false). Raised on the session's threads: must not block.</summary>
    public event Action<AgentPeer, bool>? Changed;

    /// <summary>Serves the Control stream that an agent opens; set once, before the first session. Null = none is accepted.</summary>
    public Func<AgentPeer, SessionStream, CancellationToken, Task>? OnControl { get; set; }

    public int Count => _byNode.Count;

    public AgentPeer? Find(string node) => _byNode.GetValueOrDefault(node);

    /// <summary>Returns the agent whose place it takes: its pod was replaced, or it has lost its session.</summary>
    public AgentPeer? Add(AgentPeer agent)
    {
        AgentPeer? before = null;
        _byNode.AddOrUpdate(agent.Node, agent, (_, old) =>
        {
            before = old;
            return agent;
        });
        Changed?.Invoke(agent, true);
        return before;
    }

    public void Remove(AgentPeer agent)
    {
        // Only this very one: its successor may be there already.
        _byNode.TryRemove(KeyValuePair.Create(agent.Node, agent));
        Changed?.Invoke(agent, false);
    }
}
