using Landline.Cluster.Manager.Health;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Landline.Tests.Protocol;

namespace Landline.Tests.Cluster.Manager.Health;

public sealed class SessionTrafficTests
{
    private const int Length = 300_000;

    [Fact]
    public async Task What_sessions_carry_is_counted_also_when_they_are_over()
    {
        var traffic = new SessionTraffic();
        await using var endpoints = new TlsEndpoints();
        await using SessionClient client = endpoints.NewClient();
        Session workstation = await client.StartAsync(Deadline.Token);
        Session session = await endpoints.NewSessions.ReadAsync(Deadline.Token);
        traffic.Add(session);

        await CarryAsync(workstation, endpoints);
        (long received, long written) = traffic.Totals;
        await client.DisposeAsync();
        await session.Ended.WaitAsync(Deadline.Token);
        traffic.Remove(session);
        traffic.Remove(session);

        Assert.InRange(received, Length, Length * 11 / 10);
        Assert.InRange(written, 1, Length / 10);
        Assert.InRange(traffic.Totals.Received, received, Length * 11 / 10);
        Assert.InRange(traffic.Totals.Written, written, Length / 10);
    }

    private static async Task CarryAsync(Session workstation, TlsEndpoints endpoints)
    {
        SessionStream near = workstation.Open(StreamKind.Tcp, []);
        SessionStream far = await endpoints.Offered.ReadAsync(Deadline.Token);
        far.Accept();
        Task<byte[]> reading = far.ReadBytesToEndAsync();
        await near.WriteAsync(new byte[Length], Deadline.Token);
        near.EndWriting();
        Assert.Equal(Length, (await reading).Length);
    }
}
