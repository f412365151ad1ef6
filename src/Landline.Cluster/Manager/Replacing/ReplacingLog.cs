using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>What changing and restoring workloads reports.</summary>
internal static partial class ReplacingLog
{
    [LoggerMessage(4500, LogLevel.Information, "Container {Container} of {Workload} is replaced by a placeholder for attachment {Attachment}")]
    public static partial void Replaced(ILogger logger, string container, string workload, string attachment);

    [LoggerMessage(4501, LogLevel.Information, "{Kind} {Namespace}/{Name} is restored")]
    public static partial void Restored(ILogger logger, string kind, string @namespace, string name);

    [LoggerMessage(4502, LogLevel.Warning, "{Workload} cannot be changed, trying again: {Reason}")]
    public static partial void NotReplaced(ILogger logger, string workload, string reason);

    [LoggerMessage(4503, LogLevel.Warning, "Workloads of kind {Kind} cannot be checked for placeholders, trying again: {Reason}")]
    public static partial void NotSwept(ILogger logger, string kind, string reason);
}
