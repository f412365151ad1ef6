using Landline.Kubernetes.Requests;
using Microsoft.Extensions.Logging;

namespace Landline.Kubernetes;

/// <summary>Log messages of this assembly. Event ids 2000 to 2999; see docs/logging.md.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(2001, LogLevel.Debug, "Watch of {Path} interrupted; resuming in {Delay}")]
    internal static partial void WatchInterrupted(ILogger logger, string path, TimeSpan delay, Exception exception);

    [LoggerMessage(2002, LogLevel.Information, "Watch of {Path} does not work: {Reason} It is tried again until it does")]
    internal static partial void WatchFailing(ILogger logger, string path, string reason);

    [LoggerMessage(2003, LogLevel.Information, "Watch of {Path} works again after {Failures} failures")]
    internal static partial void WatchRecovered(ILogger logger, string path, int failures);

    [LoggerMessage(2004, LogLevel.Debug, "Credentials of context {Context} were refused; getting new ones")]
    internal static partial void CredentialsRefused(ILogger logger, string context);

    [LoggerMessage(2005, LogLevel.Debug, "{Request} was answered with {Status}; asking again in {Delay}")]
    internal static partial void RequestRepeated(ILogger logger, ApiRequest request, int status, TimeSpan delay);
}
