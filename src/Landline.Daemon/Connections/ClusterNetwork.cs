using System.Net;
using System.Net.Sockets;
using Landline.Daemon.Dns;
using Landline.Daemon.NetHelper;
using Landline.Daemon.PacketEngine;
using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Processes;
using Landline.Networking.Routes;
using Landline.Protocol.Api;
using Landline.Protocol.Errors;
using Landline.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace Landline.Daemon.Connections;

/// <summary>
/// The cluster's network on this machine: TUN device, routes, resolver settings, packet engine and DNS server. Made by
/// one <see cref="StartAsync"/>, adjusted by <see cref="UpdateAsync"/>, all put back by disposal.
/// </summary>
internal sealed class ClusterNetwork : IAsyncDisposable
{
    /// <summary>What programs on this machine expect of a network; with offloads larger packets gain nothing.</summary>
    private const int Mtu = 1500;

    /// <summary>With 2,000, opening 5,000 connections at once drops SYNs and stalls for seconds.</summary>
    private const int TransmitQueueLength = 30_000;
    private const int DnsPort = 53;
    private const string DevicePrefix = "landline";

    private readonly NetHelperClient _helper;
    private readonly ConnectionWarnings _warnings;
    private readonly ILogger _logger;
    private readonly NetworkHandover _handover;
    private readonly ClusterResolver _resolver;
    private readonly DnsServer _dnsServer;
    private readonly TunEngine _engine;
    private readonly FirewallWatch _firewall;
    private readonly SemaphoreSlim _updating = new(1, 1);
    private volatile NetworkPlan _plan;

    private ClusterNetwork(
        NetHelperClient helper,
        NetworkHandover handover,
        NetworkPlan plan,
        TunEngine engine,
        SessionClient sessions,
        ClusterDnsChannel clusterDns,
        AlsoProxyNames alsoProxy,
        ConnectionWarnings warnings,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        _engine = engine;
        (_helper, _handover, _plan, _warnings) = (helper, handover, plan, warnings);
        _logger = loggers.CreateLogger("Landline.Daemon.Connections");
        ILogger dnsLogger = loggers.CreateLogger("Landline.Daemon.Dns");
        IPAddress self = handover.DnsEndPoint.Address;
        var servers = new UpstreamServers(ResolverPaths.Default, handover.Resolver, self);
        var upstream = new UpstreamResolver(servers.Current, self, DnsPort, time);
        _resolver = new ClusterResolver(clusterDns, upstream, plan.Names, dnsLogger)
        {
            IsAway = () => sessions.State != SessionState.Connected,
            IsConnectionBelow = servers.IsConnection,
            AddressesSeen = alsoProxy.SeeAsync,
        };
        _firewall = new FirewallWatch(engine.AdmitsAsync, handover.DeviceName, warnings, time);
        _dnsServer = DnsServer.Start(handover.DnsUdp, handover.DnsTcp, _resolver.AnswerAsync, time, dnsLogger);
    }

    /// <summary>What is in force.</summary>
    public NetworkPlan Plan => _plan;

    /// <summary>Completes, or fails, when the device is gone.</summary>
    public Task Ended => _engine.Ended;

    public DnsInfo Dns => new(
        _handover.DnsEndPoint.Address.ToString(),
        _handover.Resolver == ResolverKind.SystemdResolved ? "systemd-resolved" : "resolv.conf",
        _plan.Names.ClusterDomain,
        _plan.Names.SearchDomains);

    /// <exception cref="UserErrorException">The helper could not set it up; nothing is left.</exception>
    public static async Task<ClusterNetwork> StartAsync(
        string connectionName,
        NetHelperClient helper,
        NetworkPlan plan,
        SessionClient sessions,
        ClusterDnsChannel clusterDns,
        AlsoProxyNames alsoProxy,
        ConnectionWarnings warnings,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<DeviceAddress> addresses = DeviceAddresses.Choose(
            plan.Routed,
            DeviceAddresses.OfThisMachine(),
            (await ReadRoutesAsync(cancellationToken)).Routes.Select(route => route.Destination),
            start: Environment.ProcessId);
        var setup = new NetworkSetup(
            connectionName, DevicePrefix, addresses, Mtu, TransmitQueueLength, RoutesOf(plan), DnsOf(plan, addresses[0].Address, resolver: null));
        helper.ResolverChanged += notice => WarnOfResolver(warnings, notice);
        NetworkHandover handover = await helper.SetUpAsync(setup, cancellationToken);
        var engine = new TunEngine(
            handover.Tun,
            [.. addresses.Where(address => handover.HasIPv6 || !IsIPv6(address)).Select(DeviceAddresses.WithPeer)],
            () => sessions.Current,
            time,
            new Logger<TunEngine>(loggers));
        engine.Start();
        var network = new ClusterNetwork(helper, handover, plan, engine, sessions, clusterDns, alsoProxy, warnings, time, loggers);
        network._firewall.Watch(plan.Routed);
        network.WarnOfDomains(plan);
        return network;
    }

    /// <summary>Brings routes and DNS to what the plan says. What cannot be done is a warning: the rest goes on.</summary>
    /// <param name="make">Called when it is this update's turn, so that what is in force in the end is the latest.</param>
    public async Task UpdateAsync(Func<NetworkPlan> make, CancellationToken cancellationToken)
    {
        await _updating.WaitAsync(cancellationToken);
        try
        {
            NetworkPlan plan = make();
            await _helper.UpdateAsync(RoutesOf(plan), DnsOf(plan, _handover.DnsEndPoint.Address, _handover.Resolver), cancellationToken);
            _plan = plan;
            _resolver.Names = plan.Names;
            _warnings.Clear(WarningCodes.RoutesRefused);
            WarnOfDomains(plan);
            _firewall.Watch(plan.Routed);
            _logger.ClusterChanged(string.Join(", ", plan.Routed), plan.Names.Namespaces.Count);
        }
        catch (UserErrorException e)
        {
            _logger.RoutesRefused(e.Message);
            _warnings.Set(WarningCodes.RoutesRefused, $"New routes could not be set: {e.Message}", e.Hint);
        }
        finally
        {
            _updating.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _updating.WaitAsync();
        _engine.ExpectEnd();
        try
        {
            // Routes and resolver first, so that nobody is sent here while the rest ends.
            await _helper.TearDownAsync(CancellationToken.None);
        }
        catch (UserErrorException e)
        {
            // A helper that is gone has put everything back, or the next command does.
            _logger.PutBackFailed(e.Message);
        }

        await _firewall.DisposeAsync();
        await _dnsServer.DisposeAsync();
        await _engine.DisposeAsync();
        _handover.Dispose();
        _updating.Dispose();
    }

    private void WarnOfDomains(NetworkPlan plan)
    {
        IReadOnlyList<string> leftOut = _handover.Resolver == ResolverKind.SystemdResolved
            ? ResolvedSettings.LeftOut(plan.Names.SearchDomains, plan.Names.RoutingDomains)
            : [];
        if (leftOut.Count > 0)
        {
            _warnings.Set(
                WarningCodes.DomainsLeftOut,
                $"systemd-resolved takes {ResolvedSettings.MostDomains} domains of a connection, so names that end in {Some(leftOut)} are not asked of the cluster.",
                "Write NAME.NAMESPACE.svc for these, or name the namespaces that you need with --mapped-namespaces");
        }
        else
        {
            _warnings.Clear(WarningCodes.DomainsLeftOut);
        }
    }

    private static string Some(IReadOnlyList<string> domains) =>
        domains.Count <= 3 ? string.Join(", ", domains) : $"{string.Join(", ", domains.Take(3))} and {domains.Count - 3} more";

    private static void WarnOfResolver(ConnectionWarnings warnings, ResolverNotice notice)
    {
        if (notice.IsInForce)
        {
            warnings.Clear(WarningCodes.ResolverOverwritten);
        }
        else if (notice.WriteFailure is { } reason)
        {
            warnings.Set(
                WarningCodes.ResolverOverwritten,
                $"Another program wrote /etc/resolv.conf, and it cannot be written again ({reason.TrimEnd('.')}), so names of the cluster do not resolve.",
                "Make /etc/resolv.conf writable or free some disk space; it is tried again every minute");
        }
        else
        {
            warnings.Set(
                WarningCodes.ResolverOverwritten,
                "Another program keeps writing /etc/resolv.conf, so names of the cluster do not resolve.",
                "Find the program (often NetworkManager, dhclient or a VPN), and keep it from that file while connected");
        }
    }

    private static async Task<RouteTable> ReadRoutesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await RouteTable.ReadAsync(cancellationToken);
        }
        catch (ToolFailedException e)
        {
            throw NetHelperErrors.DeviceFailed(e.Message);
        }
    }

    private static bool IsIPv6(DeviceAddress address) => address.Address.AddressFamily == AddressFamily.InterNetworkV6;

    private static RouteSettings RoutesOf(NetworkPlan plan) => new(plan.Routed, plan.MayTakeOver, plan.Protected);

    // Only systemd-resolved routes by domain, and not by any number of them. A large cluster has thousands, which is more than fits into a record.
    private static DnsSettings DnsOf(NetworkPlan plan, IPAddress listen, ResolverKind? resolver) => new(
        listen,
        plan.Names.SearchDomains,
        resolver == ResolverKind.ResolvConf ? [] : ResolvedSettings.Used(plan.Names.SearchDomains, plan.Names.RoutingDomains));
}
