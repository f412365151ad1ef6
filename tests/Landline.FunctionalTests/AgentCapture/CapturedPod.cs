using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Landline.Benchmarks.Networks;
using Landline.Cluster.Agent.Capture;
using Landline.Cluster.Agent.Containers;
using Landline.Cluster.Agent.Control;
using Landline.Cluster.Agent.Sessions;
using Landline.Cluster.Agent.Wiretap;
using Landline.Cluster.Hosting;
using Landline.FunctionalTests.PacketEngine;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.AgentCapture;

/// <summary>
/// A pod and its callers in namespaces of their own: an original that answers HTTP and UDP in the pod, a workstation behind
/// a real session, and the agent's capture between them.
/// </summary>
internal sealed class CapturedPod : IAsyncDisposable
{
    public const int Port = 8080;
    public const string Attachment = "default/web";

    /// <summary>In which the machine may stand still: nothing that a test does takes as long.</summary>
    private static readonly TimeSpan LongExpiry = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly NamespacePair _network;
    private readonly Process _process;
    private readonly NetworkNamespace _pod;
    private readonly TrackedTasks _tasks = new(NullLogger.Instance);
    private readonly ProcStandIn _proc = new();
    private bool _left;

    private CapturedPod(NamespacePair network, Process process, WorkstationStandIn workstation)
    {
        (_network, _process, Workstation, Live) = (network, process, workstation, new LiveAttachments(Time));
        _pod = NetworkNamespace.Open($"/run/netns/{network.Cluster}");
    }

    public WorkstationStandIn Workstation { get; }

    /// <summary>The agent's. The kernel's, by which redirects expire, goes on by itself.</summary>
    public ManualTime Time { get; } = new();

    public LiveAttachments Live { get; }

    public PodCapture Capture { get; private set; } = null!;

    public AgentPod Pod { get; private set; } = null!;

    public string PodNamespace => _network.Cluster;

    public static IPEndPoint Address => new(IPAddress.Parse(NamespacePair.ClusterAddress), Port);

    /// <param name="nodeAddresses">Those that count as the kubelet's.</param>
    public static Task<CapturedPod> StartAsync(params string[] nodeAddresses) => StartAsync(LongExpiry, nodeAddresses);

    /// <param name="expiry">Of a redirect that is not refreshed.</param>
    /// <param name="nodeAddresses">Those that count as the kubelet's.</param>
    public static async Task<CapturedPod> StartAsync(TimeSpan expiry, params string[] nodeAddresses)
    {
        NamespacePair network = await NamespacePair.CreateAsync();
        Process process = NamespacePair.Start(network.Cluster, "sleep", "infinity");
        var scene = new CapturedPod(network, process, await WorkstationStandIn.StartAsync());
        scene.StartOriginal();
        scene._proc.Add(process.Id, ProcStandIn.ContainerId);
        var containers = new ContainerFinder(scene._proc.Path);
        var parts = new PodParts(
            scene._proc.Path, containers, new ConnectionOwner(scene._proc.Path, containers), scene.Live,
            new WorkstationDial(scene.Workstation.AgentSide, scene.Time), scene._tasks, SpareTime.OfNode("/proc", TimeProvider.System), scene.Time)
        {
            Expiry = expiry,
        };
        scene.Pod = new AgentPod
        {
            Name = "web-0",
            Uid = "u",
            Addresses = [NamespacePair.ClusterAddress, NamespacePair.ClusterAddressV6],
            ContainerId = "containerd://" + ProcStandIn.ContainerId,
            NodeAddresses = nodeAddresses,
        };
        scene.Capture = await PodCapture.StartAsync(scene.Pod, scene._pod, parts, NullLogger.Instance, Deadline.Token);
        scene.SetContainers(scene.Pod);
        return scene;
    }

    /// <summary>The pod as each of its attachments has it, from now on.</summary>
    public void SetContainers(params AgentPod[] pods) => Capture.SetContainers(new ContainerProcess(_proc.Path, _process.Id, 0), pods);

    /// <summary>This process, whose sockets <see cref="InsideCaller"/> makes, is one of a container's from now on.</summary>
    public void EnterContainer(string containerId) => _proc.Add(Environment.ProcessId, containerId);

    /// <summary>A socket in the pod.</summary>
    public Socket InsideCaller(SocketType type = SocketType.Stream, AddressFamily family = AddressFamily.InterNetwork) =>
        NamespaceSockets.Create(_network.Cluster, family, type);

    public static AgentAttachment Intercept(
        HttpMatch? http = null,
        WhenUnavailable whenUnavailable = WhenUnavailable.Fallback,
        PortProtocol protocol = PortProtocol.Tcp,
        bool forwardSourceAddress = false) => new()
    {
        Attachment = Attachment,
        Uid = $"{http}{whenUnavailable}{protocol}{forwardSourceAddress}",
        Ports = [new AttachedPort { Port = Port, Protocol = protocol, WorkstationPort = Port }],
        Http = http,
        WhenUnavailable = whenUnavailable,
        ForwardSourceAddress = forwardSourceAddress,
    };

    /// <summary>As the manager says it, who is alive included.</summary>
    public async Task ApplyAsync(params AgentAttachment[] wanted)
    {
        Live.Hear(new LiveMessage { Attachments = [Attachment] });
        await Capture.ApplyAsync(wanted, Deadline.Token);
    }

    public Socket Caller(SocketType type = SocketType.Stream, AddressFamily family = AddressFamily.InterNetwork) =>
        NamespaceSockets.Create(_network.Workstation, family, type);

    public async Task<Socket> ConnectAsync(IPEndPoint? target = null)
    {
        Socket caller = Caller(family: (target ?? Address).AddressFamily);
        await caller.ConnectAsync(target ?? Address, Deadline.Token);
        return caller;
    }

    /// <summary>Who answers a request on a connection of its own.</summary>
    public async Task<string> AskAsync(string headers = "", string path = "/")
    {
        using Socket caller = await ConnectAsync();
        return await AskAsync(caller, headers, path);
    }

    /// <summary>Who answers a datagram, on a connected socket.</summary>
    public static async Task<string> AskByDatagramAsync(Socket caller)
    {
        await caller.SendAsync("who?"u8.ToArray(), Deadline.Token);
        byte[] answer = new byte[64];
        return Encoding.ASCII.GetString(answer, 0, await caller.ReceiveAsync(answer, Deadline.Token));
    }

    public static async Task<string> AskAsync(Socket caller, string headers = "", string path = "/")
    {
        await caller.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: web\r\n{headers}\r\n"), Deadline.Token);
        byte[] answer = new byte[1024];
        int read = await caller.ReceiveAsync(answer, Deadline.Token);
        return Encoding.ASCII.GetString(answer, 0, read).Split("\r\n\r\n")[^1];
    }

    public Task<string> RulesAsync() => NamespacePair.RunAsync(PodNamespace, "nft", "list", "ruleset");

    public async Task LeaveAsync()
    {
        if (!_left)
        {
            _left = true;
            await Capture.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        await _stop.CancelAsync();
        await Workstation.DisposeAsync();
        _pod.Dispose();
        _process.Kill();
        await _network.DisposeAsync();
        _proc.Dispose();
        _stop.Dispose();
    }

    private void StartOriginal()
    {
        Socket listener = NamespaceSockets.Listen(_network.Cluster, new IPEndPoint(IPAddress.Any, Port));
        _tasks.Run(async () =>
        {
            using (listener)
            {
                while (true)
                {
                    Socket accepted = await listener.AcceptAsync(_stop.Token);
                    _tasks.Run(() => HttpAnswers.ServeAsync(new NetworkStream(accepted, ownsSocket: true), "original", _stop.Token));
                }
            }
        });
        StartDatagrams(new IPEndPoint(IPAddress.Any, Port));
        StartDatagrams(new IPEndPoint(IPAddress.IPv6Any, Port));
    }

    private void StartDatagrams(IPEndPoint bound)
    {
        Socket datagrams = NamespaceSockets.Create(_network.Cluster, bound.AddressFamily, SocketType.Dgram);
        if (bound.AddressFamily == AddressFamily.InterNetworkV6)
        {
            datagrams.DualMode = false;
        }

        datagrams.Bind(bound);
        _tasks.Run(async () =>
        {
            using (datagrams)
            {
                byte[] buffer = new byte[2048];
                while (true)
                {
                    SocketReceiveFromResult received = await datagrams.ReceiveFromAsync(buffer, bound, _stop.Token);
                    await datagrams.SendToAsync("original"u8.ToArray(), received.RemoteEndPoint, _stop.Token);
                }
            }
        });
    }
}
