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
    private Task<X509Certificate2>? _firstKey = Task.Run(() => MakeFirstKeyAsync(time));

    public async Task<IOpenConnection> OpenAsync(
        ConnectRequest request, Func<ConnectEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        Task<X509Certificate2>? made = Interlocked.Exchange(ref _firstKey, null);
        X509Certificate2 key = made is null ? PinnedTls.CreateCertificate(time) : await made;
        return await OpenConnection.OpenAsync(directory, request, key, report, time, loggers, cancellationToken);
    }

    // The rehearsal makes the API server's handshake and the manager's quicker.
    private static async Task<X509Certificate2> MakeFirstKeyAsync(TimeProvider time)
    {
        X509Certificate2 key = PinnedTls.CreateCertificate(time);
        await TlsRehearsal.RunAsync(key, CancellationToken.None);
        return key;
    }
}
