using Microsoft.Extensions.Logging;

namespace Landline.Daemon.NetHelper;

/// <summary>Log messages of the daemon about its net helper. Event ids 1300 to 1349; see docs/logging.md.</summary>
internal static partial class NetHelperLog
{
    [LoggerMessage(1301, LogLevel.Information, "The net helper is there, process {ProcessId}")]
    internal static partial void Connected(ILogger logger, int processId);

    [LoggerMessage(1302, LogLevel.Warning, "User {UserId}, process {ProcessId}, may not be the net helper and was refused")]
    internal static partial void PeerRefused(ILogger logger, uint userId, int processId);

    [LoggerMessage(1303, LogLevel.Information, "The net helper ended: {Reason}")]
    internal static partial void Ended(ILogger logger, string reason);

    [LoggerMessage(1304, LogLevel.Information, "Net helper: {Line}")]
    internal static partial void Line(ILogger logger, string line);

    [LoggerMessage(1306, LogLevel.Warning, "The net helper left resolver settings behind; the next landline command removes them ({Reason})")]
    internal static partial void NotRepaired(ILogger logger, string reason);

    [LoggerMessage(1305, LogLevel.Information, "Device {Device} is up with {Routes} routes, resolver {Resolver}")]
    internal static partial void DeviceUp(ILogger logger, string device, int routes, string resolver);
}
