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
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120), TimeProvider.System);
        using Socket listener = fixture.ListenInCluster(NamespacePair.TunnelledV4);
        var sockets = new List<Socket>();
        try
        {
            // The first few pay for what all share: code, buffers, tables.
            await OpenAsync(listener, 500, sockets, patience.Token);
            long before = fixture.Tunnel.Engine.ResidentBytes();
            await OpenAsync(listener, Connections, sockets, patience.Token);
            long each = (fixture.Tunnel.Engine.ResidentBytes() - before) / Connections;

            Assert.InRange(each, long.MinValue, MostBytesEach);
            foreach (Socket[] pair in sockets.Chunk(2))
            {
                await pair[0].SendAsync(new byte[] { 42 }, patience.Token);
                Assert.Equal([42], await Bytes.ReadAsync(pair[1], 1, patience.Token));
            }
        }
        finally
        {
            sockets.ForEach(static socket => socket.Dispose());
        }
    }

    private async Task OpenAsync(Socket listener, int count, List<Socket> sockets, CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            Task<Socket> accepting = listener.AcceptAsync(cancellationToken).AsTask();
            sockets.Add(await fixture.ConnectAsync(listener.LocalEndPoint!, cancellationToken));
            sockets.Add(await accepting);
        }
    }
}
