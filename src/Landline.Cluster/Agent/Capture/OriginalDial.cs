using System.Net;
using System.Net.Sockets;
using Landline.Networking.Namespaces;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// Connects to the original container from inside its pod, to the very address that the caller had dialled, with the mark
/// that the agent's rules leave alone.
/// </summary>
internal sealed class OriginalDial(NetworkNamespace pod)
{
    private static readonly NamespaceSocketOptions Options = new(CaptureRules.Mark);

    /// <exception cref="SocketException">The original does not listen there.</exception>
    public async ValueTask<Socket> ConnectAsync(IPEndPoint destination, CancellationToken cancellationToken)
    {
        try
        {
            return await pod.ConnectAsync(destination, Options, cancellationToken);
        }
        catch (NamespaceException e)
        {
            throw new IOException($"The pod is gone: {e.Message}", e);
        }
    }
}
