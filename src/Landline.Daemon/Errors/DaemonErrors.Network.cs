using Landline.Protocol.Errors;

namespace Landline.Daemon.Errors;

/// <summary>Failures in joining the cluster's network to the workstation's.</summary>
internal static partial class DaemonErrors
{
    public static UserErrorException AlsoProxyInvalid(string value) => new(
        "also-proxy-invalid",
        $"'{value}' is no address, subnet or host name for --also-proxy.",
        "Write for example: --also-proxy 192.0.2.10, --also-proxy 192.0.2.0/24 or --also-proxy db.example.com:5432");

    public static UserErrorException NeverProxyInvalid(string value) => new(
        "never-proxy-invalid",
        $"'{value}' is no subnet for --never-proxy.",
        "Write for example: --never-proxy 192.0.2.0/24");

    public static UserErrorException DeviceAddressTaken(string ranges) => new(
        "device-address-taken",
        $"There is no address left for the network device: {ranges} are all routed to the cluster or by this machine.",
        "Keep a part of them out of the cluster with --never-proxy 198.19.255.0/24, or disconnect what routes them here");
}
