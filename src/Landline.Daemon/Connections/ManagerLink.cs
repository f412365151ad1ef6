using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Landline.Daemon.Api;
using Landline.Daemon.Errors;
using Landline.Protocol.Api;
using Landline.Protocol.Links;

namespace Landline.Daemon.Connections;

/// <summary>
/// Dials the manager for a session: through the API server to a pod that is ready, or directly. At each dial after the
/// first, manager and Connection object are looked up again, because either may be another one by then.
/// </summary>
internal sealed class ManagerLink(
    ManagerTunnel tunnel,
    ManagerLocator locator,
    ConnectionRegistration registration,
    string managerNamespace,
    ManagerAddress? direct)
{
    private ManagerLocation? _foundBefore;
    private volatile string _fingerprint = "";

    /// <summary>The manager's key as it was found for the latest dial.</summary>
    public string Fingerprint => _fingerprint;

    public string Transport => direct is null ? tunnel.Transport : "tcp";

    /// <summary>Spares the first dial the look-up that was just made.</summary>
    public void Expect(ManagerLocation location)
    {
        _foundBefore = location;
        _fingerprint = location.Fingerprint;
    }

    /// <summary>What the daemon says of itself; the manager compares the key.</summary>
    public ReadOnlyMemory<byte> Hello() => JsonSerializer.SerializeToUtf8Bytes(
        new WorkstationHello
        {
            Namespace = registration.Namespace,
            Connection = registration.Name ?? "",
            Version = ProductVersion.Text,
        },
        ProtocolJson.Default.ClientHello);

    /// <exception cref="Protocol.Errors.UserErrorException">The manager is not there or out of reach.</exception>
    public async Task<Stream> DialAsync(CancellationToken cancellationToken)
    {
        ManagerLocation? location = Interlocked.Exchange(ref _foundBefore, null);
        if (location is null)
        {
            Task registered = registration.EnsureAsync(cancellationToken);
            Task<ManagerLocation> located = locator.LocateAsync(withPod: direct is null, cancellationToken);
            await Task.WhenAll(registered, located);
            location = await located;
            _fingerprint = location.Fingerprint;
        }

        return direct is null
            ? await tunnel.DialAsync(location, cancellationToken)
            : await ConnectAsync(direct, cancellationToken);
    }

    private async Task<Stream> ConnectAsync(ManagerAddress address, CancellationToken cancellationToken)
    {
        try
        {
            return await TcpLink.ConnectAsync(new DnsEndPoint(address.Host, address.Port), cancellationToken);
        }
        catch (SocketException e)
        {
            throw DaemonErrors.ManagerUnreachable(
                managerNamespace, $"{address.Host}:{address.Port}: {DaemonErrors.ReasonOf(e)}", e);
        }
    }
}
