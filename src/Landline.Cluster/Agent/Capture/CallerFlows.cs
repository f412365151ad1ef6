using System.Collections.Concurrent;
using System.Net;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// The flows of one captured UDP port, one for each caller. A new caller is never turned away: when all places are taken,
/// those flows end that are least likely to be missed. One thread adds; any thread removes.
/// </summary>
internal sealed class CallerFlows
{
    /// <summary>Each may hold a stream of the session, or a socket.</summary>
    public const int Most = 4096;

    /// <summary>Looking for the one that is missed least costs as much as looking for some.</summary>
    private const int EndedAtOnce = 64;

    private readonly ConcurrentDictionary<IPEndPoint, UdpFlow> _flows = new();

    public int Count => _flows.Count;

    public UdpFlow? Find(IPEndPoint caller) => _flows.GetValueOrDefault(caller);

    public void Add(UdpFlow flow)
    {
        if (_flows.Count >= Most)
        {
            MakeRoom();
        }

        _flows[flow.Caller] = flow;
    }

    public void Remove(UdpFlow flow) => _flows.TryRemove(KeyValuePair.Create(flow.Caller, flow));

    public void EndAll()
    {
        foreach (UdpFlow flow in _flows.Values)
        {
            flow.End();
        }
    }

    /// <summary>First who had one answer to one question, then who has been silent for longest.</summary>
    private void MakeRoom()
    {
        foreach (UdpFlow flow in _flows.Values.OrderByDescending(flow => flow.IsAnswered).ThenBy(flow => flow.LastHeard).Take(EndedAtOnce).ToArray())
        {
            Remove(flow);
            flow.End();
        }
    }
}
