using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Landline.Protocol.Api;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Manager;

/// <summary>What the kubelet and Prometheus see of a manager that runs.</summary>
public sealed class HealthEndpointsTests : IDisposable
{
    private readonly X509Certificate2 _certificate = PinnedTls.CreateCertificate(TimeProvider.System);

    [Fact]
    public async Task It_is_alive_before_it_is_ready_and_ready_when_its_key_is_announced()
    {
        await using ManagerRun manager = await ManagerRun.StartAsync();
        await manager.Announcing.WaitAsync(Deadline.Token);

        (HttpStatusCode alive, string aliveText, _) = await manager.GetAsync("/healthz");
        (HttpStatusCode before, string beforeText, _) = await manager.GetAsync("/readyz");
        manager.LetAnnounce();

        Assert.Equal((HttpStatusCode.OK, "ok\n"), (alive, aliveText));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "not ready\n"), (before, beforeText));
        await manager.UntilAsync(async () => (await manager.GetAsync("/readyz")).Status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Metrics_tell_of_sessions_and_of_who_knocked_in_vain()
    {
        await using ManagerRun manager = await ManagerRun.StartReadyAsync();
        using X509Certificate2 other = PinnedTls.CreateCertificate(TimeProvider.System);
        await using SessionClient workstation = manager.NewWorkstation("alice", _certificate, _certificate);
        await using SessionClient stranger = manager.NewWorkstation("bob", _certificate, other);
        await workstation.StartAsync(Deadline.Token);
        await Assert.ThrowsAsync<IOException>(() => stranger.StartAsync(Deadline.Token));

        await manager.UntilAsync(async () => Value((await manager.GetAsync("/metrics")).Body, "landline_links_refused_total") == 1);
        (HttpStatusCode status, string page, var type) = await manager.GetAsync("/metrics");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", type?.ToString());
        Assert.Equal(1, Value(page, "landline_sessions{state=\"connected\"}"));
        Assert.Equal(1, Value(page, "landline_sessions_started_total"));
    }

    [Fact]
    public async Task While_it_drains_it_is_not_ready_and_still_alive_until_the_last_connection_has_ended()
    {
        await using ManagerRun manager = await ManagerRun.StartReadyAsync();
        await using SessionClient workstation = manager.NewWorkstation("alice", _certificate, _certificate);
        Session session = await workstation.StartAsync(Deadline.Token);
        using var target = new TcpListener(MachineAddress(), 0);
        target.Start();
        SessionStream stream = OpenTo(session, (IPEndPoint)target.LocalEndpoint);
        using Socket accepted = await target.AcceptSocketAsync(Deadline.Token);

        await manager.TerminateAsync();
        await manager.UntilAsync(async () => (await manager.GetAsync("/readyz")).Status == HttpStatusCode.ServiceUnavailable);
        HttpStatusCode alive = (await manager.GetAsync("/healthz")).Status;
        string page = (await manager.GetAsync("/metrics")).Body;
        await stream.WriteAsync("still"u8.ToArray(), Deadline.Token);
        byte[] arrived = new byte[16];
        int length = await accepted.ReceiveAsync(arrived, SocketFlags.None, Deadline.Token);
        stream.Reset(new StreamEnd(StreamEndCode.Canceled, "Done."));
        await manager.Process.WaitForExitAsync(Deadline.Token);

        Assert.Equal(HttpStatusCode.OK, alive);
        Assert.Equal(1, Value(page, "landline_streams{kind=\"tcp\"}"));
        Assert.Equal("still"u8, arrived.AsSpan(0, length));
        Assert.Equal(0, manager.Process.ExitCode);
    }

    public void Dispose() => _certificate.Dispose();

    private static SessionStream OpenTo(Session session, IPEndPoint target)
    {
        byte[] payload = new byte[DialTarget.LongestBytes];
        int length = DialTarget.Write(payload, DialTarget.To(target));
        return session.Open(StreamKind.Tcp, payload.AsSpan(0, length));
    }

    /// <summary>One that is no loopback address: a manager dials none.</summary>
    private static IPAddress MachineAddress()
    {
        IPAddress? address = NetworkInterface.GetAllNetworkInterfaces()
            .Where(card => card.OperationalStatus == OperationalStatus.Up && card.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(address => !address.IsIPv6LinkLocal && address.AddressFamily == AddressFamily.InterNetwork);
        Assert.SkipWhen(address is null && Environment.GetEnvironmentVariable("CI") is null, "This machine has no address but loopback.");
        return address!;
    }

    private static double Value(string page, string series) => double.Parse(
        page.Split('\n').Single(line => line.StartsWith(series + ' ', StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
}
