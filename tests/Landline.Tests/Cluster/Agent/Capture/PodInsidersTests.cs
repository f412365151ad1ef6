using System.Diagnostics;
using System.Net;
using Landline.Cluster.Agent.Capture;
using Landline.Cluster.Agent.Containers;
using Landline.Protocol.Api;
using Landline.TestSupport;

namespace Landline.Tests.Cluster.Agent.Capture;

/// <summary>On a proc file system of one process, whose container is told only when the test says so.</summary>
public sealed class PodInsidersTests : IDisposable
{
    private const int ProcessId = 7;
    private const string NoAddress = "00000000000000000000000000000000";
    private const string IPv6Gateway = "fd000010024400000000000000000001";

    private static readonly string Container = new('a', 64);
    private static readonly IPEndPoint Destination = new(IPAddress.Loopback, 5353);
    private static readonly IPEndPoint Inside = new(IPAddress.Loopback, 0xC350);
    private static readonly IPEndPoint Outside = new(IPAddress.Parse("10.0.0.9"), 0xC350);

    private readonly DirectoryInfo _proc = Directory.CreateTempSubdirectory("landline-proc-");
    private readonly PodInsiders _insiders;

    public PodInsidersTests()
    {
        string folder = _proc.CreateSubdirectory($"{ProcessId}").FullName;
        Directory.CreateDirectory($"{folder}/fd");
        Directory.CreateDirectory($"{folder}/net");
        File.CreateSymbolicLink($"{folder}/fd/3", "socket:[4242]");
        File.WriteAllText(
            $"{folder}/net/udp",
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
            + "   1: 0100007F:C350 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4242 2 0 0\n");
        File.WriteAllText($"{folder}/net/ipv6_route", $"{NoAddress} 00 {NoAddress} 00 {IPv6Gateway} 00000400 00000003 00000000 00000003     eth0\n");
        _insiders = new PodInsiders(new ConnectionOwner(_proc.FullName, new ContainerFinder(_proc.FullName)));
        var pod = new AgentPod { Addresses = ["10.0.0.1"], ContainerId = "containerd://" + Container, NodeAddresses = ["192.0.2.1", "2001:db8::1"] };
        _insiders.Set(new ContainerProcess(_proc.FullName, ProcessId, 0), [pod]);
        _insiders.SetPorts(
        [
            new AgentAttachment { Pod = pod, Ports = [new AttachedPort { Port = Destination.Port, Protocol = PortProtocol.Udp }] },
        ]);
    }

    private string Groups => $"{_proc.FullName}/{ProcessId}/cgroup";

    public void Dispose() => _proc.Delete(recursive: true);

    [Fact]
    public async Task Looking_for_those_who_ask_in_the_pod_holds_up_no_loop_and_nobody_from_outside()
    {
        using Process made = Process.Start(new ProcessStartInfo("mkfifo") { ArgumentList = { Groups } })!;
        await made.WaitForExitAsync(Deadline.Token);

        // On a thread of the test's own, which would stay in the first of them if it looked itself.
        Task<Task<bool>[]> loop = Task.Run(() => Enumerable.Range(0, 1000).Select(_ => AskAsync(Inside)).ToArray());
        Task<bool>[] flood = await loop.WaitAsync(Deadline.Token);

        Assert.False(await AskAsync(Outside).WaitAsync(Deadline.Token));
        Assert.DoesNotContain(flood, asked => asked.IsCompleted);

        await LetLookAsync();
        Assert.All(await Task.WhenAll(flood).WaitAsync(Deadline.Token), Assert.True);
    }

    [Fact]
    public async Task A_container_is_an_insider_at_its_own_ports_alone()
    {
        await File.WriteAllTextAsync(Groups, $"0::/kubepods/pod0/{Container}\n", Deadline.Token);

        Assert.True(await AskAsync(Inside));
        Assert.False(await AskAsync(Inside, new IPEndPoint(IPAddress.Loopback, Destination.Port + 1)));

        _insiders.SetPorts([]);
        Assert.False(await AskAsync(Inside));
    }

    [Theory]
    [InlineData("192.0.2.1", true)]
    [InlineData("2001:db8::1", true)]
    [InlineData("fd00:10:244::1", true)] // The gateway, which on a bridge is the node.
    [InlineData("fd00:10:244::2", false)]
    public void A_probe_comes_from_any_address_of_the_node(string source, bool expected) =>
        Assert.Equal(expected, _insiders.MayProbe(IPAddress.Parse(source)));

    private Task<bool> AskAsync(IPEndPoint source, IPEndPoint? destination = null) =>
        _insiders.IsOwnAsync(PortProtocol.Udp, source, destination ?? Destination, Deadline.Token).AsTask();

    // Whoever waits for somebody to write is answered; those who come later find a file.
    private async Task LetLookAsync()
    {
        string file = _proc.FullName + "/groups";
        await File.WriteAllTextAsync(file, $"0::/kubepods/pod0/{Container}\n", Deadline.Token);
        await using FileStream pipe = await Task.Run(() => new FileStream(Groups, FileMode.Open, FileAccess.Write, FileShare.ReadWrite));
        File.Move(file, Groups, overwrite: true);
        await pipe.WriteAsync(await File.ReadAllBytesAsync(Groups, Deadline.Token), Deadline.Token);
    }
}
