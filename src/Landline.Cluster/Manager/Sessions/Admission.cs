using Landline.Cluster.Manager.Connections;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>Why a peer was let in: what the API server vouches for, not what the peer says of itself.</summary>
internal abstract record Admission
{
    private Admission()
    {
    }

    /// <summary>Its key is the one that the Connection names.</summary>
    public sealed record Workstation(ConnectionObject Connection) : Admission;

    /// <summary>Its token belongs to the agents' service account and to this pod.</summary>
    public sealed record Agent(string Node, string Pod, string PodUid) : Admission;
}
