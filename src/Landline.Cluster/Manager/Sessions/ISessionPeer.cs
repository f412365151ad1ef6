using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>Whoever is at the other end of a session: a workstation or an agent.</summary>
internal interface ISessionPeer
{
    Session Session { get; }

    /// <summary>Told of each stream that the peer opens, on the link's reader: must not block.</summary>
    void Accept(SessionStream stream);
}
