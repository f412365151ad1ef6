using Landline.Daemon.Api;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>Opens connections to real clusters.</summary>
internal sealed class ConnectionOpener(ConnectionDirectory directory, TimeProvider time, ILoggerFactory loggers)
    : IConnectionOpener
{
    public Task<IOpenConnection> OpenAsync(
        ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken) =>
        OpenConnection.OpenAsync(directory, request, report, time, loggers, cancellationToken);
}
