using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Discovery;

/// <summary>What finding out about the cluster reports.</summary>
internal static partial class DiscoveryLog
{
    [LoggerMessage(4200, LogLevel.Information, "Services are in [{Services}], pods in [{Pods}]; domain {Domain}, resolver {Resolver}")]
    public static partial void Found(ILogger logger, string services, string pods, string domain, string resolver);

    [LoggerMessage(4201, LogLevel.Warning, "The API server does not say which addresses services get: {Reason}")]
    public static partial void ServiceRangeUnknown(ILogger logger, string reason);
}
