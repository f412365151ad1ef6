using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Hosting;

/// <summary>What both roles of the program report.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(4900, LogLevel.Error, "Unexpected failure")]
    public static partial void Defect(ILogger logger, Exception failure);
}
