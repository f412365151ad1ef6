using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Landline.Benchmarks.Networks;
using Landline.FunctionalTests.PacketEngine;
using Landline.Networking.Interop;
using Landline.Networking.Namespaces;
using Landline.Networking.Routes;
using Landline.Protocol.Links;
using Landline.Protocol.Sessions;
using Landline.Protocol.Streams;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Routes;

/// <summary>
/// A workstation whose network changes under its session, and which is told by its kernel. No keep-alive would find it out
/// within the hour.
/// </summary>
public sealed class SessionOnTheMoveTests : IDisposable
{
    private const string NextAddress = "10.201.0.9";

    private static readonly KeepAlive Rare = new(TimeSpan.FromHours(1), TimeSpan.FromHours(2));

    private readonly X509Certificate2 _certificate = PinnedTls.CreateCertificate(TimeProvider.System);
    private readonly TaskCompletionSource<SessionStream> _offered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _links = [];
    private readonly List<string> _dialledFrom = [];

    [RootFact]
    public async Task When_the_address_is_another_one_the_session_goes_on_from_there()
    {
        await using NamespacePair network = await NamespacePair.CreateAsync();
        using Socket listener = NamespaceSockets.Listen(network.Cluster, new IPEndPoint(IPAddress.Parse(NamespacePair.ClusterAddress), 0));
        await using SessionServer server = NewServer();
        Task accepting = AcceptAsync(listener, server);
        await using SessionClient client = NewClient(network, listener.LocalEndPoint!);
        Session session = await client.StartAsync(Deadline.Token);
        using NetworkNamespace workstation = NetworkNamespace.Open($"/run/netns/{network.Workstation}");
        await using RouteMonitor monitor = RouteMonitor.Start(
            workstation.OpenRawSocket(Libc.AF_NETLINK, Libc.SOCK_RAW, Libc.NETLINK_ROUTE), client.Probe, TimeProvider.System);
        SessionStream near = session.Open(StreamKind.Tcp, []);
        SessionStream far = await _offered.Task.WaitAsync(Deadline.Token);
        var reconnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.StateChanged += (_, state) =>
        {
            if (state == SessionState.Connected)
            {
                reconnected.TrySetResult();
            }
        };

        await Command.RunAsync("ip", "-n", network.Workstation, "addr", "del", $"{NamespacePair.WorkstationAddress}/24", "dev", "wire");
        await Command.RunAsync("ip", "-n", network.Workstation, "addr", "add", $"{NextAddress}/24", "dev", "wire");
        await near.WriteAsync("still here"u8.ToArray(), Deadline.Token);
        await reconnected.Task.WaitAsync(Deadline.Token);

        Assert.Same(session, client.Current);
        Assert.Equal([NamespacePair.WorkstationAddress, NextAddress], _dialledFrom.Distinct());
        byte[] arrived = new byte[10];
        await far.AsStream().ReadExactlyAsync(arrived, Deadline.Token);
        Assert.Equal("still here"u8, arrived);
        await _stop.CancelAsync();
        await accepting;
        await Task.WhenAll(_links).WaitAsync(Deadline.Token);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _stop.Dispose();
    }

    private SessionServer NewServer() => new(new SessionServerOptions
    {
        Certificate = _certificate,
        Authorize = static (identity, _) => Task.FromResult<object?>(identity.Fingerprint),
        OnNewSession = static (_, _) => { },
        Acceptor = (_, stream) =>
        {
            stream.Accept();
            _offered.TrySetResult(stream);
        },
        Grace = static _ => TimeSpan.FromMinutes(5),
        KeepAlive = Rare,
    });

    private SessionClient NewClient(NamespacePair network, EndPoint server) => new(new SessionClientOptions
    {
        DialLink = async token =>
        {
            Socket socket = NamespaceSockets.Create(network.Workstation, AddressFamily.InterNetwork, SocketType.Stream);
            await socket.ConnectAsync(server, token);
            _dialledFrom.Add(((IPEndPoint)socket.LocalEndPoint!).Address.ToString());
            return TcpLink.Prepare(socket);
        },
        Certificate = _certificate,
        PinnedFingerprint = () => PinnedTls.FingerprintOf(_certificate),
        Hello = static () => "{}"u8.ToArray(),
        Acceptor = static (_, stream) => stream.Refuse(new StreamEnd(StreamEndCode.NotAllowed, "Nothing is opened in this direction.")),
        KeepAlive = Rare,
    });

    private async Task AcceptAsync(Socket listener, SessionServer server)
    {
        try
        {
            while (true)
            {
                _links.Add(server.ServeLinkAsync(TcpLink.Prepare(await listener.AcceptAsync(_stop.Token)), _stop.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
