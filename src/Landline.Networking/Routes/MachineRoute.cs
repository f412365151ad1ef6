using System.Net;

namespace Landline.Networking.Routes;

/// <summary>A route of this machine, of any table.</summary>
/// <param name="Gateway">Null when the destination is on the link.</param>
public sealed record MachineRoute(IPNetwork Destination, string Device, string? Gateway)
{
    public override string ToString() =>
        Gateway is null ? $"{Destination} dev {Device}" : $"{Destination} via {Gateway} dev {Device}";
}
