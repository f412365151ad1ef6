using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Outages;

/// <summary>Promise 5: a session outlives its network.</summary>
[Collection(SharedConnectedScene.Name)]
public sealed class OutageTests(ConnectedScene scene) : ClusterTest(scene)
{
    private const int Size = 100_000_000;
    private static readonly TimeSpan ManagerIsBack = TimeSpan.FromSeconds(60);

    [ClusterFact]
    public async Task A_download_survives_thirty_seconds_without_a_network()
    {
        await using ProgramRun download = StartDownload(secondsLong: 20);
        await BytesFlowAsync();
        try
        {
            await Lab.CutAsync();
            await Eventually.TrueAsync(
                TimeSpan.FromSeconds(30), "status says that the network is gone", async () => await Laptop.Root.ConnectionStatusAsync() != "Connected");
            await Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        }
        finally
        {
            await Lab.HealAsync();
        }

        await AssertIsCompleteAsync(download);
        Assert.Equal("Connected", await Laptop.Root.ConnectionStatusAsync());
    }

    [ClusterFact]
    public async Task A_download_survives_the_link_being_broken_again_and_again_from_the_API_servers_side()
    {
        Assert.Equal("pod-proxy", await TransportAsync());
        await using ProgramRun download = StartDownload(secondsLong: 8);
        await BytesFlowAsync();

        await BreakLinkAsync(times: 4);

        await AssertIsCompleteAsync(download);
        Assert.Equal("pod-proxy", await TransportAsync());
    }

    /// <summary>As where a firewall drops what the API server sends to pods; the kubelets have a way to them always.</summary>
    [ClusterFact]
    public async Task Where_the_API_server_has_no_way_to_pods_a_port_forward_takes_its_place_and_survives_being_broken_too()
    {
        string[] rule = ["OUTPUT", "-p", "tcp", "--dport", "7072", "-j", "DROP"];
        (await Lab.RunAsync(["node", "1", "iptables", "-w", "-I", .. rule])).Succeeded();
        try
        {
            await using ProgramRun download = StartDownload(secondsLong: 8);
            await BytesFlowAsync();

            await BreakLinkAsync(times: 2);

            await AssertIsCompleteAsync(download);
            Assert.Equal("port-forward", await TransportAsync());
        }
        finally
        {
            (await Lab.RunAsync(["node", "1", "iptables", "-w", "-D", .. rule])).Succeeded();
            await Laptop.Root.QuitAsync();
            await Laptop.Root.ConnectAsync(Namespace.Name);
        }

        Assert.Equal("pod-proxy", await TransportAsync());
    }

    [ClusterFact]
    public async Task When_the_managers_pod_is_deleted_open_connections_are_reset_and_new_ones_work_soon_after_its_return()
    {
        string lines = Path.Combine(Laptop.Root.RuntimeDirectory, "ticks");
        File.Delete(lines);
        await using ProgramRun ticking = Laptop.Root.StartClient("ticks", "server", $"{TestServer.Ticks}", lines);
        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(10),
            "lines arrive",
            async () => File.Exists(lines)
                && (await File.ReadAllTextAsync(lines, TestContext.Current.CancellationToken)).Contains("3\n", StringComparison.Ordinal));

        // None takes its place at once: a rollout's successor would be there before anybody could look.
        await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "scale", "deployment/landline-manager", "--replicas=0");
        try
        {
            await Kubectl.SucceedAsync(
                "-n", LabFixture.ManagerNamespace, "delete", "pod", "-l", "app.kubernetes.io/name=landline-manager",
                "--grace-period=0", "--force", "--ignore-not-found");
            await Eventually.TrueAsync(
                TimeSpan.FromSeconds(40), "status says that the manager is gone", async () => await Laptop.Root.ConnectionStatusAsync() != "Connected");
        }
        finally
        {
            await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "scale", "deployment/landline-manager", "--replicas=1");
        }

        await Kubectl.SucceedAsync(
            "-n", LabFixture.ManagerNamespace, "rollout", "status", "deployment/landline-manager", $"--timeout={ManagerIsBack.TotalSeconds}s");

        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(10),
            "new connections work",
            async () => (await Laptop.Root.RunAsync("curl", "-sf", "--max-time", "2", "http://server:8080/")).ExitCode == 0);
        await ticking.EndAsync();
        Assert.EndsWith("ECONNRESET\n", await File.ReadAllTextAsync(lines, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("Connected", await Laptop.Root.ConnectionStatusAsync());
    }

    private static ProgramRun StartDownload(int secondsLong) =>
        Laptop.Root.StartClient("download", $"http://server:8080/bytes?size={Size}&rate={Size / secondsLong}");

    private static async Task BytesFlowAsync() => await Eventually.TrueAsync(
        TimeSpan.FromSeconds(10),
        "the download has begun",
        async () => (await Laptop.Root.StatusAsync())["connections"]![0]!["session"]!["openStreams"]!.GetValue<int>() > 0);

    private static async Task BreakLinkAsync(int times)
    {
        int before = (await SessionAsync())["reconnects"]!.GetValue<int>();
        for (int i = 0; i < times; i++)
        {
            await Lab.BreakPortForwardAsync();
            await Eventually.TrueAsync(
                TimeSpan.FromSeconds(30),
                "a new link",
                async () => (await SessionAsync())["reconnects"]!.GetValue<int>() > before + i && await Laptop.Root.ConnectionStatusAsync() == "Connected");
        }
    }

    private static async Task<string> TransportAsync() => (await SessionAsync())["transport"]!.GetValue<string>();

    private static async Task<JsonNode> SessionAsync() => (await Laptop.Root.StatusAsync())["connections"]![0]!["session"]!;

    private static async Task AssertIsCompleteAsync(ProgramRun download)
    {
        JsonNode downloaded = JsonNode.Parse((await download.EndAsync()).Succeeded())!;
        JsonNode expected = await Laptop.Root.ClientAsync("pattern-digest", $"{Size}");

        Assert.Equal(expected["sha256"]!.GetValue<string>(), downloaded["sha256"]!.GetValue<string>());
    }
}
