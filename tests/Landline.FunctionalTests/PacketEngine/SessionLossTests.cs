using System.Net;
using System.Net.Sockets;
using Landline.Benchmarks.Networks;
using Landline.TestSupport;

namespace Landline.FunctionalTests.PacketEngine;

/// <summary>What the engine does while there is no link, and when there is no session.</summary>
public sealed class SessionLossTests(TunnelFixture fixture) : IClassFixture<TunnelFixture>
{
    [RootFact]
    public async Task A_download_goes_on_when_its_link_breaks()
    {
        const int Length = 100 * 1024 * 1024;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        using Socket listener = fixture.ListenInCluster(NamespacePair.TunnelledV4);
        Task<Socket> accepting = listener.AcceptAsync(patience.Token).AsTask();
        using Socket near = await fixture.ConnectAsync(listener.LocalEndPoint!, patience.Token);
        using Socket far = await accepting;
        Task<string> sending = Bytes.SendAsync(far, Length, seed: 5, patience.Token);
        await Bytes.ReadAsync(near, 0, patience.Token);
        Task<(long, string)> receiving = Bytes.ReceiveAsync(near, patience.Token);

        await fixture.Tunnel.Engine.AskAsync("drop");

        Assert.Equal((Length, await sending), await receiving);
    }

    [RootFact]
    public async Task A_connection_begun_without_a_link_is_made_when_there_is_one_again()
    {
        using Socket listener = fixture.ListenInCluster(NamespacePair.TunnelledV4);
        await fixture.Tunnel.Engine.AskAsync("drop");

        using Socket near = await fixture.ConnectAsync(listener.LocalEndPoint!, Deadline.Token);

        using Socket far = await listener.AcceptAsync(Deadline.Token);
        Assert.True(near.Connected);
    }

    [RootFact]
    public async Task Without_a_session_everything_is_unreachable_at_once()
    {
        await fixture.Tunnel.Engine.AskAsync("session off");
        try
        {
            foreach (string service in (string[])[NamespacePair.TunnelledV4, NamespacePair.TunnelledV6])
            {
                var error = await Assert.ThrowsAsync<SocketException>(
                    () => fixture.ConnectAsync(new IPEndPoint(IPAddress.Parse(service), 80), Deadline.Token));
                Assert.Equal(SocketError.NetworkUnreachable, error.SocketErrorCode);
            }
        }
        finally
        {
            await fixture.Tunnel.Engine.AskAsync("session on");
        }
    }
}
