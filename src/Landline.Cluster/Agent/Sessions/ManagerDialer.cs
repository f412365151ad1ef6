using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Landline.Kubernetes;
using Landline.Kubernetes.Resources;
using Landline.Protocol.Api;
using Landline.Protocol.Links;

namespace Landline.Cluster.Agent.Sessions;

/// <summary>
/// Dials the manager for the agent's session: through its Service, with the key that its ConfigMap names at that moment,
/// and with the token that the kubelet has put there last.
/// </summary>
internal sealed class ManagerDialer(AgentOptions options, KubernetesClient client, string version)
{
    private volatile string _fingerprint = "";

    /// <summary>The manager's key as it was found for the latest dial.</summary>
    public string Fingerprint => _fingerprint;

    /// <exception cref="IOException">The manager has not announced itself, or does not answer.</exception>
    public async Task<Stream> DialAsync(CancellationToken cancellationToken)
    {
        ConfigMap settings = await client.FindAsync(
            ResourceTypes.ConfigMaps, options.ManagerNamespace, ClusterObjects.Manager, cancellationToken)
            ?? throw new IOException($"There is no ConfigMap {ClusterObjects.Manager} in namespace {options.ManagerNamespace}.");
        _fingerprint = settings.Data.GetValueOrDefault(ClusterObjects.FingerprintKey, "");
        (string host, int port) = Address();
        try
        {
            return await TcpLink.ConnectAsync(new DnsEndPoint(host, port), cancellationToken);
        }
        catch (SocketException e)
        {
            throw new IOException($"{host}:{port}: {e.Message}", e);
        }
    }

    /// <summary>Read anew for each dial: the kubelet renews the token before it expires.</summary>
    public ReadOnlyMemory<byte> Hello()
    {
        var hello = new AgentHello { Node = options.Node, Version = version, Token = File.ReadAllText(options.TokenFile).Trim() };
        return JsonSerializer.SerializeToUtf8Bytes(hello, ProtocolJson.Default.ClientHello);
    }

    private (string Host, int Port) Address()
    {
        if (options.Manager is not { } manager)
        {
            return ($"{ClusterObjects.Manager}.{options.ManagerNamespace}.svc", ClusterObjects.SessionPort);
        }

        int colon = manager.LastIndexOf(':');
        return (manager[..colon], int.Parse(manager[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
