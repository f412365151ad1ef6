using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Landline.Cluster.Agent.Containers;
using Landline.Cluster.Agent.Control;
using Landline.Networking.Firewall;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Microsoft.Extensions.Logging;

namespace Landline.Cluster.Agent.Capture;

/// <summary>
/// What stands in a pod's network namespace while its traffic is taken: one table of rules, the listener behind it, and
/// the ports of the moment. One task changes it.
/// </summary>
internal sealed class PodCapture : IAsyncDisposable
{
    /// <summary>
    /// A port is redirected for so long after it was refreshed last. With <see cref="LiveMessage.SilenceAllowed"/> that makes
    /// 4.5 s at the worst, within promise 1's five.
    /// </summary>
    public static readonly TimeSpan Expiry = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A connection that was made just before a port was redirected may still ask its question; one that asks later is a
    /// caller's that keeps it, and is reset.
    /// </summary>
    private static readonly TimeSpan Courtesy = TimeSpan.FromSeconds(1);

    /// <summary>An agent that is stopped between two refreshes must not leave a port that only resets.</summary>
    private static readonly TimeSpan ResetEndsBefore = TimeSpan.FromMilliseconds(500);

    private readonly AgentPod _pod;
    private readonly NetworkNamespace _namespace;
    private readonly PodParts _parts;
    private readonly OwnedNftTable _table;
    private readonly TcpCapture _tcp;
    private readonly PodInsiders _insiders;
    private readonly CapturedConnections _connections;
    private readonly UdpFlows _udpFlows;
    private readonly CancellationTokenSource _ends = new();
    private readonly ConcurrentDictionary<int, CapturedPort> _tcpPorts = new();
    private readonly Dictionary<int, UdpCapture[]> _udpPorts = [];
    private readonly Dictionary<int, long> _redirectedSince = [];
    private HashSet<int> _redirectedTcp = [];
    private HashSet<int> _redirectedUdp = [];
    private bool _hasUdpChains;

    private PodCapture(AgentPod pod, NetworkNamespace network, PodParts parts, OwnedNftTable table, TcpCapture tcp)
    {
        (_pod, _namespace, _parts, _table, _tcp) = (pod, network, parts, table, tcp);
        _insiders = new PodInsiders(parts.Owners);
        _connections = new CapturedConnections(network, _insiders, parts, tcp.Port, port => _tcpPorts.GetValueOrDefault(port));
        _udpFlows = new UdpFlows(network);
    }

    /// <summary>Completes when the rules are gone although nobody has taken them out.</summary>
    public Task Ended => _table.Ended;

    /// <summary>For diagnostics and fault tests.</summary>
    public int RulesOwnerId => _table.OwnerId;

    public int ListenerPort => _tcp.Port;

    /// <exception cref="NftException">The rules were refused.</exception>
    /// <exception cref="NamespaceException">The namespace cannot be entered.</exception>
    public static async Task<PodCapture> StartAsync(
        AgentPod pod, NetworkNamespace network, PodParts parts, ILogger logger, CancellationToken cancellationToken)
    {
        TcpCapture tcp = TcpCapture.Listen(network);
        try
        {
            OwnedNftTable table = await OwnedNftTable.StartAsync(
                network.DescriptorPath, CaptureRules.Family, CaptureRules.Table, CaptureRules.Body(tcp.Port), cancellationToken);
            var capture = new PodCapture(pod, network, parts, table, tcp);
            parts.Tasks.Run(() => tcp.RunAsync(
                socket => capture._connections.ServeAsync(socket, capture._ends.Token),
                parts,
                reason => AgentLog.AcceptFailed(logger, pod.Name, reason),
                capture._ends.Token));
            return capture;
        }
        catch
        {
            tcp.Dispose();
            throw;
        }
    }

    /// <summary>The containers of now, by which the pod's own connections and the kubelet's are known.</summary>
    /// <param name="process">A process of the pod.</param>
    /// <param name="pods">The pod as each of its attachments has it.</param>
    public void SetContainers(ContainerProcess process, IReadOnlyList<AgentPod> pods) => _insiders.Set(process, pods);

    /// <summary>Brings the ports in line with what is wanted and who is alive, and refreshes those that stay redirected.</summary>
    /// <exception cref="NftException">The rules are gone.</exception>
    public async Task ApplyAsync(IReadOnlyList<AgentAttachment> wanted, CancellationToken cancellationToken)
    {
        _insiders.SetPorts(wanted);
        SetTcpPorts(wanted);
        SetUdpPorts(wanted);
        AgentAttachment[] redirected = [.. wanted.Where(attachment => ShallRedirect(attachment, _parts.Live))];
        await RedirectTcpAsync(PortsOf(redirected, PortProtocol.Tcp), cancellationToken);
        await RedirectUdpAsync(PortsOf(redirected, PortProtocol.Udp), cancellationToken);
    }

    /// <summary>Whether an attachment gets its traffic now.</summary>
    public bool IsRedirecting(AgentAttachment attachment) => _parts.Live.Contains(attachment.Attachment)
        && attachment.Ports.All(port => (port.Protocol == PortProtocol.Tcp ? _redirectedTcp : _redirectedUdp).Contains(port.Port));

    /// <summary>Connections come to the attachment's ports of which its filter sees nothing.</summary>
    public bool MissesRequests(AgentAttachment attachment) => attachment.Http is not null && attachment.Ports.Any(port =>
        port.Protocol == PortProtocol.Tcp && _tcpPorts.GetValueOrDefault(port.Port)?.Unreadable.CameOfLate == true);

    /// <summary>Whether any of them is to be redirected now.</summary>
    public static bool Serves(IEnumerable<AgentAttachment> wanted, LiveAttachments live) => wanted.Any(attachment => ShallRedirect(attachment, live));

    /// <summary>Takes everything out. Connections that are still open are reset.</summary>
    public async ValueTask DisposeAsync()
    {
        await _table.DisposeAsync();
        _tcp.Dispose();
        await _ends.CancelAsync();
        foreach ((int port, UdpCapture[] captures) in _udpPorts)
        {
            Array.ForEach(captures, static capture => capture.Dispose());
            await _udpFlows.ForgetAsync(port, CancellationToken.None);
        }
    }

    // An attachment that would rather refuse than let the original answer keeps its ports while the manager is there.
    private static bool ShallRedirect(AgentAttachment attachment, LiveAttachments live) =>
        attachment.WhenUnavailable == WhenUnavailable.Refuse ? live.IsManagerLive : live.Contains(attachment.Attachment);

    private static HashSet<int> PortsOf(IEnumerable<AgentAttachment> attachments, PortProtocol protocol) =>
        [.. attachments.SelectMany(attachment => attachment.Ports).Where(port => port.Protocol == protocol).Select(port => port.Port)];

    private void SetTcpPorts(IReadOnlyList<AgentAttachment> wanted)
    {
        HashSet<int> ports = PortsOf(wanted, PortProtocol.Tcp);
        foreach (int port in ports)
        {
            _tcpPorts.GetOrAdd(port, _ => new CapturedPort(_parts.TimeProvider))
                .Set([.. wanted.Where(attachment => attachment.Ports.Any(item => item.Protocol == PortProtocol.Tcp && item.Port == port))]);
        }

        foreach (int gone in _tcpPorts.Keys.Where(port => !ports.Contains(port)).ToArray())
        {
            if (_tcpPorts.TryRemove(gone, out CapturedPort? port))
            {
                port.Set([]);
            }
        }
    }

    private void SetUdpPorts(IReadOnlyList<AgentAttachment> wanted)
    {
        foreach (int port in PortsOf(wanted, PortProtocol.Udp).Union(_udpPorts.Keys).ToArray())
        {
            AgentAttachment? attachment = wanted.FirstOrDefault(
                item => item.Ports.Any(candidate => candidate.Protocol == PortProtocol.Udp && candidate.Port == port));
            if (!_udpPorts.TryGetValue(port, out UdpCapture[]? captures))
            {
                IEnumerable<IPAddress> addresses = _pod.Addresses.Select(IPAddress.Parse).DistinctBy(static address => address.AddressFamily);
                _udpPorts[port] = captures = UdpCapture.Listen(
                    _namespace, [.. addresses.Select(address => new IPEndPoint(address, port))], _insiders, _parts);
                Array.ForEach(captures, capture => _parts.Tasks.Run(() => capture.RunAsync(_ends.Token)));
            }

            Array.ForEach(captures, capture => capture.Set(attachment));
        }
    }

    private async Task RedirectTcpAsync(HashSet<int> ports, CancellationToken cancellationToken)
    {
        // A port that resets but does not redirect would fail new connections: it stops resetting before it stops redirecting.
        string[] gone = [.. _redirectedTcp.Except(ports).Select(Text)];
        if (gone.Length > 0)
        {
            await _table.RemoveAsync(CaptureRules.ResetTcp, gone, cancellationToken);
            await _table.RemoveAsync(CaptureRules.LiveTcp, gone, cancellationToken);
        }

        long now = _parts.TimeProvider.GetTimestamp();
        foreach (int port in _redirectedSince.Keys.Where(port => !ports.Contains(port)).ToArray())
        {
            _redirectedSince.Remove(port);
        }

        foreach (int port in ports)
        {
            _redirectedSince.TryAdd(port, now);
        }

        string[] settled = [.. ports.Where(port => _parts.TimeProvider.GetElapsedTime(_redirectedSince[port], now) >= Courtesy).Select(Text)];
        if (settled.Length > 0)
        {
            await _table.RefreshAsync(CaptureRules.ResetTcp, settled, _parts.Expiry - ResetEndsBefore, cancellationToken);
        }

        if (ports.Count > 0)
        {
            await _table.RefreshAsync(CaptureRules.LiveTcp, [.. ports.Select(Text)], _parts.Expiry, cancellationToken);
        }

        _redirectedTcp = ports;
    }

    private async Task RedirectUdpAsync(HashSet<int> ports, CancellationToken cancellationToken)
    {
        if (ports.Count > 0 && !_hasUdpChains)
        {
            await _table.RunAsync(CaptureRules.UdpChains, cancellationToken);
            _hasUdpChains = true;
        }

        int[] gone = [.. _redirectedUdp.Except(ports)];
        int[] added = [.. ports.Except(_redirectedUdp)];
        if (gone.Length > 0)
        {
            await _table.RemoveFromMapAsync(CaptureRules.LiveUdp, [.. gone.Select(Redirect)], cancellationToken);
        }

        if (ports.Count > 0)
        {
            await _table.RefreshMapAsync(CaptureRules.LiveUdp, [.. ports.Select(Redirect)], _parts.Expiry, cancellationToken);
        }

        _redirectedUdp = ports;
        foreach (int port in gone.Concat(added))
        {
            await _udpFlows.ForgetAsync(port, cancellationToken);
        }

        (string Port, string To) Redirect(int port) => (Text(port), Text(_udpPorts[port][0].Port));
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
