using System.Text.Json;
using System.Text.Json.Serialization;

namespace Landline.Daemon.NetHelper;

/// <summary>Daemon to net helper. Exactly the member that <see cref="Command"/> names is present.</summary>
internal sealed record HelperRequest
{
    public const string SetUpCommand = "setUp";
    public const string UpdateCommand = "update";
    public const string TearDownCommand = "tearDown";

    /// <summary>Comes back in the answer.</summary>
    public required int Id { get; init; }

    public required string Command { get; init; }

    public SetUpRecord? SetUp { get; init; }

    public UpdateRecord? Update { get; init; }
}

/// <summary><see cref="NetworkSetup"/> as sent: addresses and subnets as text, checked by the helper.</summary>
internal sealed record SetUpRecord
{
    public required string Connection { get; init; }

    public required string DevicePrefix { get; init; }

    /// <summary>Such as <c>198.19.7.1/30</c>: host bits are kept.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    public required int Mtu { get; init; }

    public required int TransmitQueueLength { get; init; }

    public required RoutesRecord Routes { get; init; }

    public required DnsRecord Dns { get; init; }
}

/// <summary>New routes and DNS settings in place of all earlier ones.</summary>
internal sealed record UpdateRecord
{
    public required RoutesRecord Routes { get; init; }

    public required DnsRecord Dns { get; init; }
}

/// <summary><see cref="RouteSettings"/> as sent.</summary>
internal sealed record RoutesRecord
{
    public required IReadOnlyList<string> Subnets { get; init; }

    public required IReadOnlyList<string> MayTakeOver { get; init; }

    public required IReadOnlyList<string> ProtectedAddresses { get; init; }
}

/// <summary><see cref="DnsSettings"/> as sent.</summary>
internal sealed record DnsRecord
{
    public required string ListenAddress { get; init; }

    public required IReadOnlyList<string> SearchDomains { get; init; }

    public required IReadOnlyList<string> RoutingDomains { get; init; }
}

/// <summary>Net helper to daemon: an answer when <see cref="Id"/> is present, otherwise a line for the log.</summary>
internal sealed record HelperMessage
{
    public int? Id { get; init; }

    /// <summary>Of an answer: why not. Absent when the command was done.</summary>
    public HelperFailure? Failure { get; init; }

    /// <summary>With it come three descriptors: the TUN device, the UDP and the TCP socket, in this order.</summary>
    public SetUpResult? SetUp { get; init; }

    public string? Log { get; init; }

    /// <summary>Beside a line: somebody else writes resolv.conf, and whether the connection's lines are kept in it.</summary>
    public bool? ResolverInForce { get; init; }

    /// <summary>Beside false: why the lines cannot be written; absent: somebody else's come back again and again.</summary>
    public string? ResolverFailure { get; init; }
}

/// <param name="Code">One of <see cref="HelperFailureCodes"/>.</param>
/// <param name="Reason">A clause for the user's sentence.</param>
/// <param name="Route">The route that was asked for.</param>
/// <param name="ExistingRoute">The route of this machine that it collides with.</param>
/// <param name="ExistingDevice">That route's device.</param>
internal sealed record HelperFailure(
    string Code, string Reason, string? Route = null, string? ExistingRoute = null, string? ExistingDevice = null);

/// <summary>What can go wrong in the net helper.</summary>
internal static class HelperFailureCodes
{
    public const string Invalid = "invalid";
    public const string RouteOverlap = "route-overlap";
    public const string Device = "device";
    public const string Socket = "socket";
    public const string Resolver = "resolver";
}

/// <param name="Device">The device's name.</param>
/// <param name="ResolvesByDevice">systemd-resolved is in use.</param>
/// <param name="HasVnetHeaders">The device's frames begin with vnet headers.</param>
/// <param name="HasIPv6">False when this machine has IPv6 switched off, or no IPv6 address was asked for; IPv6 addresses and routes were left out.</param>
internal sealed record SetUpResult(string Device, bool ResolvesByDevice, bool HasVnetHeaders, bool HasIPv6);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(HelperRequest))]
[JsonSerializable(typeof(HelperMessage))]
internal sealed partial class HelperJson : JsonSerializerContext;
