using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Api;

/// <summary>What the daemon's API reports: 1500 to 1599.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(1500, LogLevel.Warning, "User {UserId} tried to use the API and was turned away")]
    public static partial void Intruder(this ILogger logger, uint userId);

    [LoggerMessage(1501, LogLevel.Error, "{Method} {Path} failed unexpectedly")]
    public static partial void Defect(this ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(1502, LogLevel.Information, "Connecting failed ({Code}): {Message}")]
    public static partial void ConnectFailed(this ILogger logger, string code, string message);

    [LoggerMessage(1503, LogLevel.Information, "Attaching {Attachment} failed ({Code}): {Message}")]
    public static partial void AttachFailed(this ILogger logger, string attachment, string code, string message);
}
