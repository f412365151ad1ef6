using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Landline.Benchmarks.Networks;
using Landline.Cluster.Agent.Wiretap;
using Landline.FunctionalTests.AgentWorkloads;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Wiretap;

/// <summary>
/// A pod in a namespace of its own with callers at the other end of a wire, a wiretap on ports 8080 and 5353 of it, and
/// a workstation that gets the copies.
/// </summary>
internal sealed class TappedPod : IAsyncDisposable
{
    public const int TcpPort = 8080;
    public const int UdpPort = 5353;
    public const uint Mark = 0x4C4C;
    private static readonly SpareTime Plenty = new(static () => default, static () => TimeSpan.Zero, TimeProvider.System);

    private readonly NamespacePair _network;
    private readonly SessionPair _sessions;
    private PodWiretap? _wiretap;

    private TappedPod(NamespacePair network, SessionPair sessions)
    {
        _network = network;
        _sessions = sessions;
        Pod = NetworkNamespace.Open($"/run/netns/{network.Cluster}");
        Callers = NetworkNamespace.Open($"/run/netns/{network.Workstation}");
    }

    public static IPAddress Address { get; } = IPAddress.Parse(NamespacePair.ClusterAddress);

    public static IPAddress AddressV6 { get; } = IPAddress.Parse("fd00:201::2");

    public NetworkNamespace Pod { get; }

    public NetworkNamespace Callers { get; }

    /// <summary>How many copies were begun.</summary>
    public int Copies { get; private set; }

    public bool IsResting => _wiretap!.IsResting;

    public static async Task<TappedPod> StartAsync(HttpMatch? http = null, SpareTime? spare = null, TimeProvider? time = null)
    {
        TappedPod pod = await CreateAsync();
        pod.Tap(http, spare, time);
        return pod;
    }

    /// <summary>Without a wiretap yet.</summary>
    public static async Task<TappedPod> CreateAsync() => new(await NamespacePair.CreateAsync(), await SessionPair.ConnectAsync());

    /// <param name="spare">Null: a node that always has some.</param>
    public void Tap(HttpMatch? http = null, SpareTime? spare = null, TimeProvider? time = null)
    {
        var attachment = new AgentAttachment
        {
            Attachment = "shop/tap",
            Type = AttachmentType.Wiretap,
            Ports =
            [
                new AttachedPort { Port = TcpPort, Protocol = PortProtocol.Tcp },
                new AttachedPort { Port = UdpPort, Protocol = PortProtocol.Udp },
            ],
            Http = http,
        };
        _wiretap = PodWiretap.Start(attachment, Pod, Mark, OpenAsync, spare ?? Plenty, time ?? TimeProvider.System, NullLogger.Instance);
    }

    public async Task UntapAsync()
    {
        if (Interlocked.Exchange(ref _wiretap, null) is { } wiretap)
        {
            await wiretap.DisposeAsync().AsTask().WaitAsync(Deadline.Token);
        }
    }

    public Socket Listen(IPAddress address, int port = TcpPort) => Pod.Listen(new IPEndPoint(address, port), 16, default);

    public ValueTask<Socket> CallAsync(IPAddress address) =>
        Callers.ConnectAsync(new IPEndPoint(address, TcpPort), default, Deadline.Token);

    /// <summary>The next copy, accepted.</summary>
    public async Task<(InboundOpen Open, SessionStream Stream)> CopyAsync()
    {
        SessionStream stream = await _sessions.AtManager.ReadAsync(Deadline.Token);
        stream.Accept();
        return (JsonSerializer.Deserialize(stream.OpenPayload.Span, ProtocolJson.Default.InboundOpen)!, stream);
    }

    /// <summary>The next copy, not answered yet.</summary>
    public ValueTask<SessionStream> OfferedAsync() => _sessions.AtManager.ReadAsync(Deadline.Token);

    /// <summary>Packet sockets that are left in the pod's namespace.</summary>
    public async Task<int> PacketSocketsAsync() =>
        (await NamespacePair.RunAsync(_network.Cluster, "cat", "/proc/net/packet")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length - 1;

    public async ValueTask DisposeAsync()
    {
        await UntapAsync();
        await _sessions.DisposeAsync();
        Pod.Dispose();
        Callers.Dispose();
        await _network.DisposeAsync();
    }

    private async ValueTask<SessionStream?> OpenAsync(InboundOpen open, CancellationToken cancellationToken)
    {
        Copies++;
        return await _sessions.Agent.OpenAsync(
            StreamKind.Inbound, JsonSerializer.SerializeToUtf8Bytes(open, ProtocolJson.Default.InboundOpen), cancellationToken);
    }
}
