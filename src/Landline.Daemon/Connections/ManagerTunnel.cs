using System.Net;
using Landline.Daemon.Errors;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// The way to the manager's pod through the API server. There are two: its proxy for pods, where it connects to the pod itself,
/// and the port-forward, where the pod's kubelet and container runtime are in between, which costs nearly half of the throughput. The first
/// does not exist where the API server has no way to the pods, or the user no right to <c>pods/proxy</c>; then it is the second.
/// </summary>
/// <remarks>One dial at a time.</remarks>
internal sealed class ManagerTunnel(KubernetesClient cluster, string managerNamespace, TimeProvider time, ILogger logger)
{
    private const string Proxy = "pod-proxy";
    private const string PortForward = "port-forward";

    /// <summary>For an API server that is connected to: where a firewall drops what it sends to pods it says nothing for 30 s.</summary>
    private static readonly TimeSpan ProxyPatience = TimeSpan.FromSeconds(1);

    /// <summary>Until there is a connection to the API server, which the port-forward needs as well.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    /// <summary>TLS and the request, and each of them once more.</summary>
    private const int RoundTrips = 8;

    private bool _isSilent;

    /// <summary>Which way the latest dial went.</summary>
    public string Transport { get; private set; } = PortForward;

    /// <exception cref="Protocol.Errors.UserErrorException">Neither way leads to the manager.</exception>
    public async Task<Stream> DialAsync(ManagerLocation location, CancellationToken cancellationToken)
    {
        // A manager of before has no such port. What was silent is left alone: waiting for it would delay every reconnect.
        var dial = new TunnelDial();
        if (location.WebSocketPort is { } port && !_isSilent)
        {
            if (await TryProxyAsync(dial, location.Pod, port, cancellationToken) is { } proxied)
            {
                Transport = Proxy;
                return proxied;
            }

            // One that is still being made must not become the port-forward's; one over which a refusal came may.
            dial = _isSilent ? new TunnelDial() : dial;
        }

        Stream forwarded = await ForwardAsync(dial, location, cancellationToken);
        Transport = PortForward;
        return forwarded;
    }

    private async Task<Stream?> TryProxyAsync(TunnelDial dial, string pod, int port, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(ConnectPatience, time);
        using var trying = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return dial.ToLink(await cluster.WebSocketToPodAsync(
                managerNamespace, pod, port, ClusterObjects.WebSocketPath, ClusterObjects.WebSocketProtocol, trying.Token, ConnectAsync));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            _isSilent = true;
            logger.ProxySilent();
            return null;
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            // An API server that is out of reach has the same to say to a port-forward, and there it is said.
            logger.ProxyRefused(e.Message);
            return null;
        }

        async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken connecting)
        {
            long started = time.GetTimestamp();
            Stream connection = await dial.ConnectAsync(target, connecting);
            patience.CancelAfter(ProxyPatience + (RoundTrips * time.GetElapsedTime(started)));
            return connection;
        }
    }

    private async Task<Stream> ForwardAsync(TunnelDial dial, ManagerLocation location, CancellationToken cancellationToken)
    {
        try
        {
            return dial.ToLink(await cluster.PortForwardAsync(
                managerNamespace, location.Pod, location.Port, cancellationToken, dial.ConnectAsync));
        }
        catch (KubernetesApiException e) when (e.IsForbidden)
        {
            throw DaemonErrors.ManagerForbidden(managerNamespace, "port-forward to pods");
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            throw DaemonErrors.ManagerUnreachable(managerNamespace, e.Message, e);
        }
    }
}
