using System.Security.Cryptography.X509Certificates;
using Landline.Daemon.Api;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>Opens connections to real clusters.</summary>
internal sealed class ConnectionOpener(ConnectionDirectory directory, TimeProvider time, ILoggerFactory loggers)
    : IConnectionOpener
{
    // While the command is still on its way here.
    private Task<X509Certificate2>? _firstKey = Task.Run(() => MakeFirstKey(time));

    public async Task<IOpenConnection> OpenAsync(
        ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        Task<X509Certificate2>? made = Interlocked.Exchange(ref _firstKey, null);
        X509Certificate2 key = made is null ? PinnedTls.CreateCertificate(time) : await made;
        return await OpenConnection.OpenAsync(directory, request, key, report, time, loggers, cancellationToken);
    }

    private static X509Certificate2 MakeFirstKey(TimeProvider time)
    {
        X509Certificate2 key = PinnedTls.CreateCertificate(time);

        // Nobody waits for it: it makes the API server's handshake and the manager's quicker.
        _ = TlsRehearsal.RunAsync(key, CancellationToken.None);
        return key;
    }
}
