using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Replacing;

/// <summary>What changing and restoring workloads reports.</summary>
internal static partial class ReplacingLog
{
    [LoggerMessage(4500, LogLevel.Information, "Container {Container} of {Workload} is replaced by a placeholder for attachment {Attachment}")]
    public static partial void Replaced(ILogger logger, string container, string workload, string attachment);

    [LoggerMessage(4501, LogLevel.Information, "The {Workload} is restored")]
    public static partial void Restored(ILogger logger, string workload);

    [LoggerMessage(4502, LogLevel.Warning, "{Workload} cannot be changed, trying again: {Reason}")]
    public static partial void NotReplaced(ILogger logger, string workload, string reason);

    [LoggerMessage(4503, LogLevel.Warning, "Workloads of kind {Kind} cannot be checked for placeholders, trying again: {Reason}")]
    public static partial void NotSwept(ILogger logger, string kind, string reason);

    [LoggerMessage(4504, LogLevel.Warning, "The {Workload} cannot be restored, trying again: {Reason}")]
    public static partial void NotRestored(ILogger logger, string workload, string reason);

    [LoggerMessage(4505, LogLevel.Error, "The {Workload} cannot be restored because of a defect, trying again")]
    public static partial void NotRestorable(ILogger logger, Exception failure, string workload);

    [LoggerMessage(4507, LogLevel.Information, "Workloads of kind {Kind} are checked for placeholders again")]
    public static partial void SweptAgain(ILogger logger, string kind);

    [LoggerMessage(
        4508, LogLevel.Warning, "The {Workload} has a placeholder in its template and no readable record of the original: it has to be deployed anew")]
    public static partial void RecordLost(ILogger logger, string workload);

    [LoggerMessage(4506, LogLevel.Information, "{Workload} was changed by somebody else while it is replaced for attachment {Attachment}")]
    public static partial void ChangedElsewhere(ILogger logger, string workload, string attachment);
}
