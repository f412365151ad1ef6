using Landline.Protocol.Errors;

namespace Landline.Daemon.NetHelper;

/// <summary>Failures of the workstation's network that the user can act on; see docs/errors.md.</summary>
internal static class NetHelperErrors
{
    /// <summary>Begins the alias of each device that Landline makes; the connection's name follows.</summary>
    public const string DeviceAlias = "landline:";

    /// <summary>A device as users know it: one of Landline's own by its connection.</summary>
    public static string DescribeDevice(string device)
    {
        try
        {
            string alias = File.ReadAllText($"/sys/class/net/{device}/ifalias").Trim();
            return alias.StartsWith(DeviceAlias, StringComparison.Ordinal)
                ? $"{device}, which is the connection '{alias[DeviceAlias.Length..]}'"
                : device;
        }
        catch (IOException)
        {
            return device; // Gone meanwhile.
        }
    }

    /// <param name="advice">See <see cref="OverlapAdvice"/>.</param>
    public static UserErrorException RouteOverlap(string subnet, string existingRoute, string existingDevice, string advice) => new(
        "route-overlap",
        $"The cluster's subnet {subnet} overlaps this machine's route {existingRoute} on {existingDevice}.",
        $"{advice}, or disconnect what made it.");

    public static UserErrorException AddressOverlap(string address, string existingRoute, string existingDevice) => new(
        "address-overlap",
        $"Another program took {existingRoute} on {existingDevice}, where the network device was to have its address {address}, at the same moment.",
        "Run the same command again");

    public static UserErrorException NotStarted(TimeSpan waited) => new(
        "helper-not-started",
        $"The net helper, which needs root, did not start within {waited.TotalSeconds:0} s.",
        "Check that this works: sudo -v");

    public static UserErrorException Lost(string reason) => new(
        "helper-lost",
        $"The net helper ended ({reason}), so the connection has no network device.",
        "Connect again with: landline quit && landline connect");

    public static UserErrorException DeviceFailed(string reason) => new(
        "device-failed",
        $"The network device could not be set up: {reason}.",
        "Check that /dev/net/tun exists and that this machine or container may create devices (CAP_NET_ADMIN).");

    public static UserErrorException SocketFailed(string reason) => new(
        "dns-socket-failed",
        $"The DNS server's address could not be used: {reason}.",
        "See what listens on port 53 with: ss -lnp sport = :53");

    public static UserErrorException ResolverFailed(string reason) => new(
        "resolver-failed",
        $"This machine's resolver could not be set: {reason}.",
        "Make /etc/resolv.conf writable or free some disk space, then connect again.");

    public static UserErrorException Refused(string reason) => new(
        "helper-refused",
        $"The net helper refused the settings: {reason}.",
        "Check the subnets and names given to: landline connect");
}
