using System.Net;
using System.Net.Sockets;
using Landline.Daemon.Dns;
using Landline.Daemon.NetHelper;
using Landline.Daemon.PacketEngine;
using Landline.Networking.Dns.SystemSettings;
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
    private readonly SemaphoreSlim _updating = new(1, 1);
    private volatile NetworkPlan _plan;

    private ClusterNetwork(
        NetHelperClient helper,
        NetworkHandover handover,
        NetworkPlan plan,
        TunEngine engine,
        ClusterDnsChannel clusterDns,
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
        _resolver = new ClusterResolver(clusterDns, upstream, plan.Names, dnsLogger);
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
        ConnectionWarnings warnings,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<DeviceAddress> addresses = DeviceAddresses.Choose(
            plan.Routed, DeviceAddresses.OfThisMachine(), start: Environment.ProcessId);
        var setup = new NetworkSetup(
            connectionName, DevicePrefix, addresses, Mtu, TransmitQueueLength, RoutesOf(plan), DnsOf(plan, addresses[0].Address));
        NetworkHandover handover = await helper.SetUpAsync(setup, cancellationToken);
        var engine = new TunEngine(
            handover.Tun,
            [.. addresses.Where(address => handover.HasIPv6 || !IsIPv6(address)).Select(DeviceAddresses.WithPeer)],
            () => sessions.Current,
            time,
            new Logger<TunEngine>(loggers));
        engine.Start();
        return new ClusterNetwork(helper, handover, plan, engine, clusterDns, warnings, time, loggers);
    }

    /// <summary>Brings routes and DNS to what the plan says. What cannot be done is a warning: the rest goes on.</summary>
    public async Task UpdateAsync(NetworkPlan plan, CancellationToken cancellationToken)
    {
        await _updating.WaitAsync(cancellationToken);
        try
        {
            await _helper.UpdateAsync(RoutesOf(plan), DnsOf(plan, _handover.DnsEndPoint.Address), cancellationToken);
            _plan = plan;
            _resolver.Names = plan.Names;
            _warnings.Clear(WarningCodes.RoutesRefused);
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

        await _dnsServer.DisposeAsync();
        await _engine.DisposeAsync();
        _handover.Dispose();
        _updating.Dispose();
    }

    private static bool IsIPv6(DeviceAddress address) => address.Address.AddressFamily == AddressFamily.InterNetworkV6;

    private static RouteSettings RoutesOf(NetworkPlan plan) => new(plan.Routed, plan.MayTakeOver, plan.Protected);

    private static DnsSettings DnsOf(NetworkPlan plan, IPAddress listen) =>
        new(listen, plan.Names.SearchDomains, plan.Names.RoutingDomains);
}
