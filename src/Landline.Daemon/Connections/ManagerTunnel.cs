using System.Net;
using Landline.Daemon.Errors;
using Landline.Kubernetes;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// The way to the manager's pod through the API server. There are two: its proxy for pods, where it connects to the pod itself,
/// and the port-forward, where the pod's kubelet and container runtime are in between, which costs a third of the throughput. The first
/// does not exist where the API server has no way to the pods, or the user no right to <c>pods/proxy</c>; then it is the second.
/// </summary>
/// <remarks>One dial at a time.</remarks>
internal sealed class ManagerTunnel(KubernetesClient cluster, string managerNamespace, TimeProvider time, ILogger logger)
{
    private const string Proxy = "pod-proxy";
    private const string PortForward = "port-forward";

    /// <summary>For an API server that is connected to: where a firewall drops what it sends to pods it says nothing for 30 s.</summary>
    private static readonly TimeSpan ProxyPatience = TimeSpan.FromSeconds(1);

    /// <summary>The same where each round trip takes its time, or where nobody tells when it is connected to: behind a proxy of the user's.</summary>
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(4);

    /// <summary>TLS and the request, and each of them once more.</summary>
    private const int RoundTrips = 8;

    /// <summary>Then silence is looked into again: the pod's node may just have died, a network may have changed.</summary>
    private static readonly TimeSpan SilenceRemembered = TimeSpan.FromMinutes(10);

    private TunnelDial? _proxied;
    private long? _silentSince;
    private bool _wasRefused;

    /// <summary>Which way the latest dial went.</summary>
    public string Transport { get; private set; } = PortForward;

    /// <exception cref="Protocol.Errors.UserErrorException">Neither way leads to the manager.</exception>
    public async Task<Stream> DialAsync(ManagerLocation location, CancellationToken cancellationToken)
    {
        if (_proxied is { HasReceived: false })
        {
            FallSilent(); // Whoever is in between said yes and passed nothing on.
        }

        _proxied = null;
        if (location.WebSocketPort is not { } port || IsSilent())
        {
            return await ForwardAsync(new TunnelDial(), location, cancellationToken);
        }

        var dial = new TunnelDial();
        (Stream? link, bool wasSilent) = await TryProxyAsync(dial, location.Pod, port, cancellationToken);
        if (link is not null)
        {
            (_proxied, _wasRefused, Transport) = (dial, false, Proxy);
            return link;
        }

        // A refusal came over a connection, which is used again. One that is still being made must not become the port-forward's.
        Stream forwarded = await ForwardAsync(dial.HasConnected && !wasSilent ? dial : new TunnelDial(), location, cancellationToken);
        if (wasSilent)
        {
            FallSilent(); // And not everything behind the API server is, nor the API server.
        }

        return forwarded;
    }

    private async Task<(Stream? Link, bool WasSilent)> TryProxyAsync(
        TunnelDial dial, string pod, int port, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(LongestPatience, time);
        using var trying = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return (dial.ToLink(await cluster.WebSocketToPodAsync(
                managerNamespace, pod, port, ClusterObjects.WebSocketPath, ClusterObjects.WebSocketProtocol, trying.Token, ConnectAsync)), false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, true);
        }
        catch (Exception e) when (ClusterFailure.IsExplained(e))
        {
            // An API server that is out of reach has the same to say to a port-forward, and there it is said.
            if (!_wasRefused)
            {
                logger.ProxyRefused(e.Message);
                _wasRefused = true;
            }

            return (null, false);
        }

        async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken connecting)
        {
            long started = time.GetTimestamp();
            Stream connection = await dial.ConnectAsync(target, connecting);
            TimeSpan wanted = ProxyPatience + (RoundTrips * time.GetElapsedTime(started));
            try
            {
                patience.CancelAfter(wanted < LongestPatience ? wanted : LongestPatience);
            }
            catch (ObjectDisposedException)
            {
                // Nobody waits any more; the connection is for whoever comes next.
            }

            return connection;
        }
    }

    private bool IsSilent() => _silentSince is { } since && time.GetElapsedTime(since) < SilenceRemembered;

    private void FallSilent()
    {
        _silentSince = time.GetTimestamp();
        logger.ProxySilent();
    }

    private async Task<Stream> ForwardAsync(TunnelDial dial, ManagerLocation location, CancellationToken cancellationToken)
    {
        try
        {
            Stream link = dial.ToLink(await cluster.PortForwardAsync(
                managerNamespace, location.Pod, location.Port, cancellationToken, dial.ConnectAsync));
            Transport = PortForward;
            return link;
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
