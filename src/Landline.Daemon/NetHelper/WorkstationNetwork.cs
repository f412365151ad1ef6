using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Processes;
using Landline.Networking.Routes;
using Landline.Networking.Tun;

namespace Landline.Daemon.NetHelper;

/// <summary>
/// What one net helper has changed on this machine, and how to put it back. One caller at a time.
/// </summary>
/// <param name="notify">Told of what others do to the resolver's settings, on another thread.</param>
internal sealed class WorkstationNetwork(ResolverPaths paths, Func<string, Task> log, Func<ResolverNotice, Task> notify)
{
    private const int DnsPort = 53;

    // Questions that come while the daemon is busy; TCP questions are rare.
    private const int TcpBacklog = 64;

    private NetworkDevice? _device;
    private IResolverSettings? _resolver;
    private NetworkSetup? _setup;
    private Func<Task> _unwatch = () => Task.CompletedTask;

    /// <summary>Makes everything, or nothing at all.</summary>
    /// <exception cref="HelperFailureException">Why not.</exception>
    public async Task<(SetUpResult Result, IReadOnlyList<SafeHandle> Descriptors)> SetUpAsync(
        NetworkSetup setup, CancellationToken cancellationToken)
    {
        if (_setup is not null)
        {
            throw HelperFailureException.Invalid("the network is set up already");
        }

        await RefuseOverlapsAsync(
            setup.Routes, [.. setup.Addresses.Select(Network)], ownDevice: null, cancellationToken);
        (NetworkDevice device, TunDevice tun) = NetworkDevice.Create(
            setup.DevicePrefix,
            wantsIPv6: setup.Addresses.Any(address => address.Address.AddressFamily == AddressFamily.InterNetworkV6));
        _device = device;
        _setup = setup;
        var sockets = new List<Socket>();
        try
        {
            await device.BringUpAsync(setup, cancellationToken);
            await device.ChangeRoutesAsync(setup.Routes.Subnets.ToArray(), [], cancellationToken);
            sockets.Add(Bind(setup.Dns.ListenAddress, SocketType.Dgram, ProtocolType.Udp));
            sockets.Add(Bind(setup.Dns.ListenAddress, SocketType.Stream, ProtocolType.Tcp));
            sockets[1].Listen(TcpBacklog);
            await SetResolverAsync(setup.Dns, cancellationToken);
            Watch(_resolver!);
            await log($"{device.Name} is up for {setup.Connection}, the resolver is set ({_resolver?.Kind})");
            var result = new SetUpResult(
                device.Name, _resolver?.Kind == ResolverKind.SystemdResolved, tun.HasVnetHeaders, device.HasIPv6);
            return (result, [tun.Descriptor, .. sockets.Select(socket => socket.SafeHandle)]);
        }
        catch
        {
            sockets.ForEach(socket => socket.Dispose());
            tun.Dispose();
            await PutBackAsync();
            throw;
        }
    }

    /// <summary>Replaces routes and DNS settings, or leaves both as they were.</summary>
    /// <exception cref="HelperFailureException">Why not.</exception>
    public async Task UpdateAsync(RouteSettings routes, DnsRecord dnsRecord, CancellationToken cancellationToken)
    {
        if (_setup is not { } setup || _device is not { } device)
        {
            throw HelperFailureException.Invalid("the network is not set up");
        }

        DnsSettings dns = RequestCheck.Dns(dnsRecord, setup.Addresses);
        if (!dns.ListenAddress.Equals(setup.Dns.ListenAddress))
        {
            throw HelperFailureException.Invalid("the DNS server's address cannot change");
        }

        await RefuseOverlapsAsync(routes, [], device.Name, cancellationToken);
        IPNetwork[] added = [.. routes.Subnets.Except(setup.Routes.Subnets)];
        IPNetwork[] removed = [.. setup.Routes.Subnets.Except(routes.Subnets)];
        await device.ChangeRoutesAsync(added, removed, cancellationToken);
        try
        {
            // Most updates are of routes alone, which a program may be waiting for; the resolver takes longer.
            if (!dns.SearchDomains.SequenceEqual(setup.Dns.SearchDomains) || !dns.RoutingDomains.SequenceEqual(setup.Dns.RoutingDomains))
            {
                await SetResolverAsync(dns, cancellationToken);
            }
        }
        catch (HelperFailureException)
        {
            await device.ChangeRoutesAsync(removed, added, cancellationToken);
            throw;
        }

        _setup = setup with { Routes = routes, Dns = dns };
        await log($"{device.Name} has {added.Length} routes more and {removed.Length} less");
    }

    /// <summary>Undoes everything, as far as it goes; what does not go is logged, and true means that nothing is left.</summary>
    public async Task<bool> PutBackAsync()
    {
        bool done = true;
        await _unwatch();
        try
        {
            if (_resolver is not null)
            {
                await _resolver.RevertAsync(CancellationToken.None);
                _resolver = null;
            }
        }
        catch (ResolverException e)
        {
            done = false;
            await log($"The resolver is not put back: {e.Message}");
        }

        try
        {
            if (_device is not null)
            {
                await _device.DeleteAsync(CancellationToken.None);
                _device = null;
            }
        }
        catch (HelperFailureException e)
        {
            done = false;
            await log($"The device is not removed: {e.Message}");
        }

        _setup = null;
        return done;
    }

    private void Watch(IResolverSettings resolver)
    {
        var stop = new CancellationTokenSource();
        Task watching = resolver.WatchAsync(notify, TimeProvider.System, stop.Token);
        _unwatch = async () =>
        {
            await stop.CancelAsync();
            await Task.WhenAny(watching); // Not its exception: a watch that broke off is no reason to leave anything behind.
        };
    }

    private static IPNetwork Network(DeviceAddress address)
    {
        byte[] bytes = address.Address.GetAddressBytes();
        for (int bit = address.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), address.PrefixLength);
    }

    private static async Task RefuseOverlapsAsync(
        RouteSettings routes, IReadOnlyList<IPNetwork> own, string? ownDevice, CancellationToken cancellationToken)
    {
        RouteTable table;
        try
        {
            table = await RouteTable.ReadAsync(cancellationToken);
        }
        catch (ToolFailedException e)
        {
            throw HelperFailureException.Of(HelperFailureCodes.Device, e.Message);
        }

        foreach (IPNetwork subnet in routes.Subnets)
        {
            bool mayTakeOver = routes.MayTakeOver.Any(
                part => part.PrefixLength <= subnet.PrefixLength && part.Contains(subnet.BaseAddress));
            Refuse(subnet, table.FindOverlap(subnet, ownDevice, mayTakeOver));
        }

        foreach (IPNetwork subnet in own)
        {
            Refuse(subnet, table.FindWithin(subnet));
        }
    }

    private static void Refuse(IPNetwork subnet, MachineRoute? overlapping)
    {
        if (overlapping is { } route)
        {
            throw new HelperFailureException(new HelperFailure(
                HelperFailureCodes.RouteOverlap,
                $"{subnet} overlaps the route {route}",
                subnet.ToString(),
                route.Destination.ToString(),
                route.Device));
        }
    }

    private static Socket Bind(IPAddress address, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(address.AddressFamily, type, protocol);
        try
        {
            socket.Bind(new IPEndPoint(address, DnsPort));
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw HelperFailureException.Of(HelperFailureCodes.Socket, $"{address}:{DnsPort}: {e.Message}");
        }
    }

    private async Task SetResolverAsync(DnsSettings dns, CancellationToken cancellationToken)
    {
        try
        {
            _resolver ??= await ResolverDetection.FindAsync(paths, cancellationToken);
            await _resolver.ApplyAsync(
                new ResolverRequest(
                    _setup!.Connection, _device!.Name, dns.ListenAddress, dns.SearchDomains, dns.RoutingDomains),
                cancellationToken);
        }
        catch (ResolverException e)
        {
            throw HelperFailureException.Of(HelperFailureCodes.Resolver, e.Message);
        }
    }
}
