using System.Net;
using System.Text.Json.Serialization;
using Landline.Networking.Processes;

namespace Landline.Networking.Dns.SystemSettings;

/// <summary>What one connection puts on top of the resolver's settings for as long as its net helper lives.</summary>
/// <param name="Connection">For people who read the journal.</param>
/// <param name="NameServer">The connection's own DNS server, which asks the one below for names that are not its own.</param>
/// <param name="SearchDomains">In front of those below.</param>
/// <param name="Owner">The net helper.</param>
public sealed record ResolverOverlay(
    string Connection, string NameServer, IReadOnlyList<string> SearchDomains, ProcessIdentity Owner)
{
    [JsonIgnore]
    public IPAddress Address => IPAddress.Parse(NameServer);
}
