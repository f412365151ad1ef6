using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Landline.Cluster.Agent.Containers;
using Landline.Cluster.Agent.Workloads;
using Landline.Networking.Namespaces;
using Landline.Protocol.Api;
using Landline.Protocol.Streams;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.AgentWorkloads;

/// <summary>
/// A "pod" that an attachment names: a real process with a network namespace and an environment of its own, seen
/// through a proc folder that says which container it belongs to; and the server under test behind a real session.
/// </summary>
internal sealed class PodStandIn : IAsyncDisposable
{
    public const string Name = "shop/tap";
    private const string ContainerId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private readonly CancellationTokenSource _stop = new();
    private readonly Process _process;
    private readonly string _proc = Directory.CreateTempSubdirectory("landline-proc-").FullName;
    private readonly SessionPair _sessions;
    private readonly Task _serving;

    private PodStandIn(Process process, SessionPair sessions, AttachmentType type, TimeProvider time)
    {
        _process = process;
        _sessions = sessions;
        Network = NetworkNamespace.OfProcess(process.Id);
        Attachment = new AgentAttachment
        {
            Attachment = Name,
            Type = type,
            Pod = new AgentPod
            {
                Namespace = "shop",
                Name = "web-1",
                Uid = "uid-1",
                Addresses = ["10.99.0.1", "fd99::1"],
                Container = "app",
                ContainerId = "containerd://" + ContainerId,
                Mounts = ["/data", "/var/run/secrets"],
            },
        };
        WriteProc();
        var server = new WorkloadStreamServer(
            (attachment, uid) => attachment == Name && uid == "uid-1" ? Attachment : null,
            new ContainerFinder(_proc), mark: 0x4C4C, time, NullLogger.Instance);
        _serving = ServeAsync(server);
    }

    public NetworkNamespace Network { get; }

    /// <summary>Null: the agent is not told to attach it any more.</summary>
    public AgentAttachment? Attachment { get; set; }

    /// <param name="time">The server's.</param>
    public static async Task<PodStandIn> StartAsync(
        AttachmentType type = AttachmentType.Intercept, string program = "sleep infinity", TimeProvider? time = null)
    {
        var start = new ProcessStartInfo("unshare",
        [
            "--net", "sh", "-c",
            "ip link set lo up && ip address add 10.99.0.1/32 dev lo && ip address add fd99::1/128 dev lo nodad "
                + "&& echo up && exec " + program,
        ])
        {
            RedirectStandardOutput = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["GREETING"] = "two\nlines";
        Process process = Process.Start(start)!;
        Assert.Equal("up", await process.StandardOutput.ReadLineAsync(Deadline.Token));
        return new PodStandIn(process, await SessionPair.ConnectAsync(), type, time ?? TimeProvider.System);
    }

    /// <summary>As the manager does; returns when the agent has answered.</summary>
    public async Task<SessionStream> OpenAsync(WorkloadOpen open) =>
        await _sessions.Manager.OpenAsync(
            StreamKind.Workload, JsonSerializer.SerializeToUtf8Bytes(open, ProtocolJson.Default.WorkloadOpen), Deadline.Token);

    public async Task<SessionStream> OpenAsync(byte[] payload) =>
        await _sessions.Manager.OpenAsync(StreamKind.Workload, payload, Deadline.Token);

    public async Task<StreamEnd> RefusalAsync(WorkloadOpen open) =>
        (await Assert.ThrowsAsync<StreamEndedException>(() => OpenAsync(open))).End;

    public async Task EndContainerAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.WaitAsync(Deadline.Token);
        await _sessions.DisposeAsync();
        Network.Dispose();
        _process.Kill();
        _process.Dispose();
        Directory.Delete(_proc, recursive: true);
        _stop.Dispose();
    }

    // The real entries of the process, but in a cgroup as a runtime names it.
    private void WriteProc()
    {
        string folder = Path.Combine(_proc, _process.Id.ToString(CultureInfo.InvariantCulture));
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "cgroup"), $"0::/kubepods/pod1/{ContainerId}\n", Encoding.ASCII);
        foreach (string entry in (string[])["stat", "status", "environ", "root", "ns"])
        {
            File.CreateSymbolicLink(Path.Combine(folder, entry), $"/proc/{_process.Id}/{entry}");
        }
    }

    private async Task ServeAsync(WorkloadStreamServer server)
    {
        var streams = new List<Task>();
        try
        {
            while (true)
            {
                streams.Add(server.ServeAsync(await _sessions.AtAgent.ReadAsync(_stop.Token), _stop.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // Fails the test when one of them threw.
            await Task.WhenAll(streams);
        }
    }
}
