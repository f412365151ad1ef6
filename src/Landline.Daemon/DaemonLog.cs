using Microsoft.Extensions.Logging;

namespace Landline.Daemon;

/// <summary>What the daemon's process reports: 1000 to 1099.</summary>
internal static partial class DaemonLog
{
    [LoggerMessage(1000, LogLevel.Information, "landline {Version}, process {ProcessId}: the daemon of connection {Name} begins")]
    public static partial void Started(this ILogger logger, string version, int processId, string name);

    [LoggerMessage(1001, LogLevel.Information, "The daemon ends")]
    public static partial void Ended(this ILogger logger);
}
