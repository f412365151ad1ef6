using System.Text.Json;
using Landline.Cluster.Manager.Agents;
using Landline.Cluster.Manager.Connections;
using Landline.Cluster.Manager.Watching;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Manager.Sessions;

/// <summary>Decides who gets a session. Whoever does not learns nothing, not even why.</summary>
internal sealed class SessionGate(ConnectionStore connections, AgentTokens agentTokens, ILogger logger)
{
    /// <summary>A daemon makes its Connection and dials at once; the watch is usually there within milliseconds.</summary>
    private static readonly TimeSpan PatienceWithTheWatch = TimeSpan.FromSeconds(3);

    public async Task<object?> AuthorizeAsync(ClientIdentity identity, CancellationToken cancellationToken)
    {
        try
        {
            return JsonSerializer.Deserialize(identity.HelloJson.Span, ProtocolJson.Default.ClientHello) switch
            {
                WorkstationHello hello => await AdmitWorkstationAsync(hello, identity.Fingerprint, cancellationToken),
                AgentHello hello => await agentTokens.AdmitAsync(hello, cancellationToken),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
        catch (Exception e) when (KubernetesFailure.Is(e))
        {
            // The peer tries again, and the API server's troubles are in its own log.
            SessionsLog.CannotAsk(logger, e.Message);
            return null;
        }
    }

    private async Task<Admission?> AdmitWorkstationAsync(
        WorkstationHello hello, string fingerprint, CancellationToken cancellationToken)
    {
        if (hello.Namespace.Length == 0 || hello.Connection.Length == 0)
        {
            return null;
        }

        var key = new ObjectKey(hello.Namespace, hello.Connection);
        return await connections.FindAsync(key, PatienceWithTheWatch, cancellationToken) is { } connection
            && connection.Spec.PublicKeyFingerprint.Length > 0
            && string.Equals(connection.Spec.PublicKeyFingerprint, fingerprint, StringComparison.Ordinal)
                ? new Admission.Workstation(connection)
                : null;
    }
}
