using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Landline.Networking.Processes;

namespace Landline.Networking.Routes;

/// <summary>A picture of this machine's routes at one moment, without its default routes.</summary>
public sealed class RouteTable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    // Ever-present, on every device, and nothing that a cluster could use.
    private static readonly IPNetwork[] Ignored = [IPNetwork.Parse("ff00::/8"), IPNetwork.Parse("fe80::/10")];

    internal RouteTable(IReadOnlyList<MachineRoute> routes) => Routes = routes;

    public IReadOnlyList<MachineRoute> Routes { get; }

    /// <exception cref="ToolFailedException"><c>ip</c> is missing or failed.</exception>
    public static async Task<RouteTable> ReadAsync(CancellationToken cancellationToken)
    {
        // All tables: VPNs keep theirs outside the main one, and the local one has this machine's own addresses.
        Task<string> ipv4 = ListAsync("-4", cancellationToken);
        Task<string> ipv6 = ListAsync("-6", cancellationToken);
        return new RouteTable([.. Parse(await ipv4), .. Parse(await ipv6)]);
    }

    /// <summary>The first route that has an address in common with <paramref name="subnet"/>.</summary>
    /// <param name="ownDevice">Whose routes do not count.</param>
    /// <param name="mayTakeOver">The subnet may take a part of a wider route.</param>
    public MachineRoute? FindOverlap(IPNetwork subnet, string? ownDevice, bool mayTakeOver) =>
        Routes.FirstOrDefault(route =>
            route.Device != ownDevice
            && Overlap(route.Destination, subnet)
            && !(mayTakeOver && route.Destination.PrefixLength != subnet.PrefixLength));

    /// <summary>The first route to <paramref name="subnet"/> or to a part of it.</summary>
    public MachineRoute? FindWithin(IPNetwork subnet) => Routes.FirstOrDefault(route =>
        route.Destination.PrefixLength >= subnet.PrefixLength && Overlap(route.Destination, subnet));

    /// <summary>Two subnets are disjoint, or one of them lies in the other.</summary>
    public static bool Overlap(IPNetwork one, IPNetwork other) =>
        one.PrefixLength <= other.PrefixLength ? one.Contains(other.BaseAddress) : other.Contains(one.BaseAddress);

    internal static IEnumerable<MachineRoute> Parse(string json)
    {
        if (json.Trim().Length == 0)
        {
            yield break;
        }

        foreach (RouteRecord record in JsonSerializer.Deserialize(json, RouteJson.Default.RouteRecordArray) ?? [])
        {
            if (record is { Destination: { } text, Device: { } device }
                && record.Type is null or "unicast" or "local"
                && TryParse(text, out IPNetwork destination)
                && !Ignored.Any(ignored => Overlap(ignored, destination)))
            {
                yield return new MachineRoute(destination, device, record.Gateway);
            }
        }
    }

    // A default route, in one piece or in two halves as VPNs have it, gives way to everything by design.
    private static bool TryParse(string text, out IPNetwork destination)
    {
        destination = default;
        if (IPAddress.TryParse(text, out IPAddress? address))
        {
            destination = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
            return true;
        }

        return IPNetwork.TryParse(text, out destination) && destination.PrefixLength > 1;
    }

    private static Task<string> ListAsync(string family, CancellationToken cancellationToken) => SystemTool.CheckedAsync(
        "ip", ["-json", family, "route", "show", "table", "all"], input: string.Empty, Timeout, cancellationToken);
}

/// <summary>The members of <c>ip -json route</c> that matter here.</summary>
internal sealed record RouteRecord
{
    [JsonPropertyName("type")]
    public string? Type { get; init; }

    [JsonPropertyName("dst")]
    public string? Destination { get; init; }

    [JsonPropertyName("dev")]
    public string? Device { get; init; }

    [JsonPropertyName("gateway")]
    public string? Gateway { get; init; }
}

[JsonSerializable(typeof(RouteRecord[]))]
internal sealed partial class RouteJson : JsonSerializerContext;
