using System.Net;
using System.Text.RegularExpressions;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>
/// Reads the service ranges out of the API server's refusal of an address outside of them, which has had several forms:
/// <code>
/// spec.clusterIP: Invalid value: "1.1.1.1": provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/16     (to 1.20)
/// spec.clusterIPs: Invalid value: ["1.1.1.1"]: failed to allocate IP 1.1.1.1: provided IP is not in the valid range. The range of valid IPs is 10.96.0.0/12
/// … failed to allocate IP 1.1.1.1: the provided network does not match the current range … (no range in it)
/// </code>
/// </summary>
internal static partial class ServiceRangeMessage
{
    public static IReadOnlyList<IPNetwork> Parse(string message)
    {
        // Behind "range", so that nothing which the message repeats from the request can pass for one.
        int start = message.IndexOf("range of valid IPs", StringComparison.OrdinalIgnoreCase);
        if (start < 0)
        {
            start = message.IndexOf("valid range", StringComparison.OrdinalIgnoreCase);
        }

        return start < 0
            ? []
            : [.. Networks().Matches(message[start..]).Select(static match => Parsed(match.Value)).OfType<IPNetwork>().Distinct()];
    }

    private static IPNetwork? Parsed(string text) =>
        Subnets.TryParse(text, out IPNetwork network) && network.PrefixLength > 0 ? network : null;

    [GeneratedRegex(@"[0-9a-fA-F:.]+/\d{1,3}", RegexOptions.CultureInvariant)]
    private static partial Regex Networks();
}
