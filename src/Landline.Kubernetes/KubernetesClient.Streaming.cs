using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using Landline.Kubernetes.Requests;
using Landline.Kubernetes.Resources;
using Landline.Kubernetes.Streaming;

namespace Landline.Kubernetes;

/// <summary>Byte streams to and from pods, each on a WebSocket of its own.</summary>
public sealed partial class KubernetesClient
{
    /// <summary>
    /// A byte stream to a port of a pod, through the API server. One thread may read while another writes. There is no
    /// half-close: disposing ends both directions. A read fails with an IOException that says what the node reported,
    /// for example that nothing listens there.
    /// </summary>
    /// <param name="connect">Makes the TCP connection to the API server; null = as for every other request. Not asked when a proxy is in between.</param>
    public async Task<Stream> PortForwardAsync(
        string namespaceName,
        string pod,
        int port,
        CancellationToken cancellationToken,
        Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>? connect = null)
    {
        var request = new ApiRequest(HttpMethod.Get, $"{ResourceTypes.Pods.ObjectPath(namespaceName, pod)}/portforward")
        {
            Query = [("ports", port.ToString(CultureInfo.InvariantCulture))],
            Connect = connect,
        };
        WebSocket socket = await WebSocketUpgrade.ConnectAsync(
            _requests, request, [PortForwardStream.Subprotocol], cancellationToken);
        return new PortForwardStream(socket, $"port {port} of pod {namespaceName}/{pod}");
    }

    /// <summary>
    /// A WebSocket to a port of a pod, through the API server's proxy: the API server connects to the pod itself, without the node's
    /// kubelet and container runtime, and passes on what comes. The user needs the right to get <c>pods/proxy</c>.
    /// Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ (connect GET requests to proxy of Pod).
    /// </summary>
    /// <param name="path">Begins with a slash.</param>
    /// <param name="connect">As of <see cref="PortForwardAsync"/>.</param>
    public Task<WebSocket> WebSocketToPodAsync(
        string namespaceName,
        string pod,
        int port,
        string path,
        string subprotocol,
        CancellationToken cancellationToken,
        Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>? connect = null)
    {
        string address = string.Create(CultureInfo.InvariantCulture, $"{pod}:{port}");
        var request = new ApiRequest(HttpMethod.Get, $"{ResourceTypes.Pods.ObjectPath(namespaceName, address)}/proxy{path}")
        {
            Connect = connect,
            IsSentOnce = true,
        };
        return WebSocketUpgrade.ConnectAsync(_requests, request, [subprotocol], cancellationToken);
    }

    /// <summary>Runs a program in a container and returns its exit code.</summary>
    /// <param name="input">
    /// Null for none. Its end reaches the program only where the cluster speaks v5.channel.k8s.io (1.30 and later).
    /// </param>
    public async Task<int> ExecAsync(
        string namespaceName,
        string pod,
        string container,
        IReadOnlyList<string> command,
        Stream? input,
        Stream output,
        Stream errors,
        CancellationToken cancellationToken)
    {
        var request = new ApiRequest(HttpMethod.Get, $"{ResourceTypes.Pods.ObjectPath(namespaceName, pod)}/exec")
        {
            Query =
            [
                ("container", container),
                ("stdin", input is null ? null : "true"),
                ("stdout", "true"),
                ("stderr", "true"),
                .. command.Select(argument => ("command", (string?)argument)),
            ],
        };
        using WebSocket socket = await WebSocketUpgrade.ConnectAsync(
            _requests, request, PodExec.Subprotocols, cancellationToken);
        return await new PodExec(socket, $"container {container} of pod {namespaceName}/{pod}")
            .RunAsync(input, output, errors, cancellationToken);
    }
}
