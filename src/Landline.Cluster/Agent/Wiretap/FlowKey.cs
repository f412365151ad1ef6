using Landline.Networking.Packets;

namespace Landline.Cluster.Agent.Wiretap;

/// <summary>The two ends of what is copied: who called, and what was called.</summary>
internal readonly record struct FlowKey(PacketAddress Caller, ushort CallerPort, PacketAddress Called, ushort CalledPort)
{
    /// <summary>As an answer to it would be addressed.</summary>
    public FlowKey Reversed => new(Called, CalledPort, Caller, CallerPort);
}
