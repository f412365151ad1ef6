using System.Net;
using System.Net.Sockets;
using Landline.Benchmarks.Networks;
using Landline.Benchmarks.Roles;

namespace Landline.FunctionalTests.PacketEngine;

/// <summary>A workstation and a cluster in namespaces of their own, with a real engine, session and relay between them.</summary>
public sealed class TunnelFixture : IAsyncLifetime
{
    private NamespacePair? _network;
    private Tunnel? _tunnel;

    internal NamespacePair Network => _network ?? throw new InvalidOperationException("Needs root.");

    internal Tunnel Tunnel => _tunnel ?? throw new InvalidOperationException("Needs root.");

    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess)
        {
            _network = await NamespacePair.CreateAsync();
            _tunnel = await Tunnel.StartAsync(_network, plain: false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_tunnel is not null)
        {
            await _tunnel.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }
    }

    /// <summary>A socket of a program on the workstation.</summary>
    internal Socket OnWorkstation(AddressFamily family, SocketType type) => NamespaceSockets.Create(Network.Workstation, family, type);

    /// <summary>A service in the cluster, on a port of its own.</summary>
    internal Socket ListenInCluster(string address) =>
        NamespaceSockets.Listen(Network.Cluster, new IPEndPoint(IPAddress.Parse(address), 0));

    internal async Task<Socket> ConnectAsync(EndPoint target, CancellationToken cancellationToken)
    {
        Socket socket = OnWorkstation(target.AddressFamily, SocketType.Stream);
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits until one of the engine's counters has passed a value.</summary>
    internal async Task CountedAsync(string counter, long atLeast, CancellationToken cancellationToken)
    {
        while (await Tunnel.CounterAsync(counter) < atLeast)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        }
    }
}
