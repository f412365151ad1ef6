using Microsoft.Extensions.Logging;

namespace Landline.Daemon.PacketEngine;

/// <summary>What the packet engine reports, events 1700 to 1799. There is nothing per packet: see <see cref="EngineCounters"/>.</summary>
internal static partial class PacketEngineLog
{
    [LoggerMessage(1700, LogLevel.Debug, "The packet engine listens on {Addresses}")]
    internal static partial void Started(ILogger logger, string addresses);

    [LoggerMessage(1701, LogLevel.Error, "The packet engine has lost its device")]
    internal static partial void DeviceLost(ILogger logger, Exception exception);

    [LoggerMessage(1702, LogLevel.Warning, "A connection could not be accepted; trying again")]
    internal static partial void AcceptFailed(ILogger logger, Exception exception);

    [LoggerMessage(1703, LogLevel.Error, "A connection through the packet engine failed unexpectedly")]
    internal static partial void ConnectionFailed(ILogger logger, Exception exception);

    [LoggerMessage(1704, LogLevel.Error, "A packet could not be handled")]
    internal static partial void PacketFailed(ILogger logger, Exception exception);
}
