using Landline.Cluster.Agent.Containers;
using Landline.Cluster.Agent.Control;
using Landline.Cluster.Agent.Sessions;
using Landline.Cluster.Agent.Wiretap;
using Landline.Cluster.Hosting;

namespace Landline.Cluster.Agent.Capture;

/// <summary>What every attached pod works with.</summary>
/// <param name="Proc">The proc file system's folder.</param>
/// <param name="Owners">Tells whether a connection comes from the container itself.</param>
/// <param name="Spare">The node's processor time, for copies.</param>
internal sealed record PodParts(
    string Proc,
    ContainerFinder Containers,
    ConnectionOwner Owners,
    LiveAttachments Live,
    WorkstationDial Workstations,
    TrackedTasks Tasks,
    SpareTime Spare,
    TimeProvider TimeProvider)
{
    /// <summary>A port is redirected for so long after it was refreshed last.</summary>
    public TimeSpan Expiry { get; init; } = PodCapture.Expiry;
}
