using System.Net.Sockets;
using Landline.Benchmarks.Networks;

namespace Landline.FunctionalTests.PacketEngine;

public sealed class IdleConnectionsTests(TunnelFixture fixture) : IClassFixture<TunnelFixture>
{
    [RootFact]
    public async Task Five_thousand_idle_connections_cost_little_and_all_work()
    {
        const int Connections = 5000;
        const int MostBytesEach = 10 * 1024;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(10), TimeProvider.System);
        using Socket listener = fixture.ListenInCluster(NamespacePair.TunnelledV4);
        var near = new List<Socket>();
        var far = new List<Socket>();
        try
        {
            // The first few pay for what all share: code, buffers, tables.
            await OpenAsync(listener, 500, near, far, patience.Token);
            long before = fixture.Tunnel.Engine.ResidentBytes();
            await OpenAsync(listener, Connections, near, far, patience.Token);
            long each = (fixture.Tunnel.Engine.ResidentBytes() - before) / Connections;

            Assert.InRange(each, long.MinValue, MostBytesEach);
            var arrived = new List<int>();
            for (int i = 0; i < near.Count; i++)
            {
                await near[i].SendAsync(BitConverter.GetBytes(i), patience.Token);
            }

            foreach (Socket socket in far)
            {
                arrived.Add(BitConverter.ToInt32(await Bytes.ReadAsync(socket, sizeof(int), patience.Token)));
            }

            Assert.Equal(Enumerable.Range(0, near.Count), arrived.Order());
        }
        finally
        {
            near.Concat(far).ToList().ForEach(static socket => socket.Dispose());
        }
    }

    private async Task OpenAsync(Socket listener, int count, List<Socket> near, List<Socket> far, CancellationToken cancellationToken)
    {
        const int AtOnce = 50;
        for (int opened = 0; opened < count; opened += AtOnce)
        {
            Task<Socket>[] accepting = [.. Enumerable.Range(0, AtOnce).Select(_ => listener.AcceptAsync(cancellationToken).AsTask())];
            near.AddRange(await Task.WhenAll(
                Enumerable.Range(0, AtOnce).Select(_ => fixture.ConnectAsync(listener.LocalEndPoint!, cancellationToken))));
            far.AddRange(await Task.WhenAll(accepting));
        }
    }
}
