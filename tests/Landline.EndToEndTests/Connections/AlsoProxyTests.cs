using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Connections;

/// <summary>Hosts beside the cluster, which only the cluster reaches and resolves: <c>--also-proxy</c> and <c>--never-proxy</c>.</summary>
[Collection(SharedServerScene.Name)]
public sealed class AlsoProxyTests(ServerScene scene) : ClusterTest(scene), IClassFixture<AlsoProxyTests.Cloud>
{
    private const string Database = "database.private.example.com";
    private const string Cache = "cache.private.example.com";

    /// <summary>The test server runs on the cloud's host too, under two names and two addresses.</summary>
    public sealed class Cloud(ServerScene scene) : SceneAddition(scene)
    {
        public const string SecondAddress = "198.51.100.251";

        private readonly List<ProgramRun> _servers = [];

        protected override async Task RemoveAsync()
        {
            foreach (ProgramRun server in _servers)
            {
                await server.DisposeAsync();
            }
        }

        protected override async Task DeployAsync()
        {
            await Lab.RunAsync("cloud", "ip", "address", "add", $"{SecondAddress}/24", "dev", "eth0");
            (await Lab.RunAsync("cloud-host", Database, Lab.CloudAddress)).Succeeded();
            (await Lab.RunAsync("cloud-host", Cache, SecondAddress)).Succeeded();
            _servers.Add(Lab.Start(["cloud", "/usr/bin/python3", Path.Combine(SourceTree.Tests, "TestServer", "server.py")], null));
            await Eventually.TrueAsync(
                TimeSpan.FromSeconds(10),
                "the cloud's server",
                async () => (await Lab.RunAsync("node", "1", "curl", "-sf", $"http://{Lab.CloudAddress}:8080/")).ExitCode == 0);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Lab.IsUp)
        {
            await Laptop.Root.QuitAsync();
        }

        GC.SuppressFinalize(this);
    }

    [ClusterFact]
    public async Task A_host_name_is_resolved_in_the_cluster_and_two_of_them_may_share_a_port()
    {
        Assert.NotEqual(0, (await Laptop.Root.RunAsync("curl", "-s", "--max-time", "2", $"http://{Database}:8080/")).ExitCode);

        await Laptop.Root.ConnectAsync(Namespace.Name, "--also-proxy", $"{Database}:8080", "--also-proxy", $"{Cache}:8080");

        Assert.StartsWith("hello from", await Laptop.Root.CurlAsync($"http://{Database}:8080/"), StringComparison.Ordinal);
        Assert.StartsWith("hello from", await Laptop.Root.CurlAsync($"http://{Cache}:8080/"), StringComparison.Ordinal);
        await Laptop.Root.QuitAsync();
        await LaptopState.AssertIsAgainAsync(scene.Before);
    }

    [ClusterFact]
    public async Task A_host_that_has_moved_is_followed()
    {
        const string Moving = "moving.private.example.com";
        (await Lab.RunAsync("cloud-host", Moving, Lab.CloudAddress)).Succeeded();
        try
        {
            await Laptop.Root.ConnectAsync(Namespace.Name, "--also-proxy", Moving);
            Assert.StartsWith("hello from", await Laptop.Root.CurlAsync($"http://{Moving}:8080/"), StringComparison.Ordinal);

            (await Lab.RunAsync("cloud-forget", Moving)).Succeeded();
            (await Lab.RunAsync("cloud-host", Moving, Lab.CloudAddressV6)).Succeeded();

            await Eventually.PassesAsync(
                TimeSpan.FromSeconds(30),
                async () => Assert.Equal(Lab.CloudAddressV6, await Laptop.Root.SucceedAsync(
                    "curl", "-sf", "--max-time", "2", "-o", "/dev/null", "-w", "%{remote_ip}", $"http://{Moving}:8080/")));
        }
        finally
        {
            await Lab.RunAsync("cloud-forget", Moving);
        }
    }

    [ClusterFact]
    public async Task Addresses_and_a_subnet_are_reached_through_the_cluster()
    {
        await Laptop.Root.ConnectAsync(
            Namespace.Name, "--also-proxy", Lab.CloudAddress, "--also-proxy", $"{Cloud.SecondAddress}/32", "--also-proxy", Lab.CloudAddressV6);

        Assert.StartsWith("hello from", await Laptop.Root.CurlAsync($"http://{Lab.CloudAddress}:8080/"), StringComparison.Ordinal);
        Assert.StartsWith("hello from", await Laptop.Root.CurlAsync($"http://{Cloud.SecondAddress}:8080/"), StringComparison.Ordinal);
        Assert.StartsWith("hello from", await Laptop.Root.CurlAsync($"http://[{Lab.CloudAddressV6}]:8080/"), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task What_is_never_proxied_is_not_reached_even_inside_a_subnet_that_is()
    {
        string service = await Namespace.KubectlAsync("get", "service", "server", "-o", "jsonpath={.spec.clusterIP}");
        await Laptop.Root.ConnectAsync(Namespace.Name, "--never-proxy", $"{service}/32");

        Assert.NotEqual(0, (await Laptop.Root.RunAsync("curl", "-s", "--max-time", "2", $"http://{service}:8080/")).ExitCode);
        string pod = await Namespace.KubectlAsync("get", "pod", "-l", "app=server", "-o", "jsonpath={.items[0].status.podIP}");
        Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync($"http://{pod}:8080/"), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task The_API_server_is_never_routed_into_the_cluster()
    {
        await Laptop.Root.ConnectAsync(Namespace.Name, "--also-proxy", "198.51.100.0/24");

        Assert.DoesNotContain("landline", await Laptop.Root.SucceedAsync("ip", "route", "get", "198.51.100.1"), StringComparison.Ordinal);
        Assert.StartsWith("hello from", await Laptop.Root.CurlAsync($"http://{Lab.CloudAddress}:8080/"), StringComparison.Ordinal);
    }
}
