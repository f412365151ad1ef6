using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Workloads;

/// <summary>What the agent hands to workstations, without a byte of it.</summary>
internal static partial class WorkloadsLog
{
    [LoggerMessage(5300, LogLevel.Information, "Attachment {Attachment} gets the {Part} of container {Container} of pod {Namespace}/{Pod}")]
    public static partial void Served(
        ILogger logger, string attachment, WorkloadPart part, string container, string @namespace, string pod);

    [LoggerMessage(5301, LogLevel.Debug, "The {Part} of a workload for attachment {Attachment} ended: {Reason}")]
    public static partial void Ended(ILogger logger, WorkloadPart part, string attachment, string reason);
}
