using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Connections;

/// <summary>The command <c>landline connect</c> and what status tells about it.</summary>
[Collection(SharedServerScene.Name)]
public sealed class ConnectTests(ServerScene scene) : ClusterTest(scene)
{
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
    public async Task Connect_says_to_what_and_status_tells_the_facts()
    {
        string said = await Laptop.Root.ConnectAsync(Namespace.Name);
        JsonNode connection = (await Laptop.Root.StatusAsync())["connections"]!.AsArray().Single()!;

        Assert.Equal($"Connected to context lab, namespace {Namespace.Name} ({Lab.ApiServer})", said);
        Assert.Equal("Connected", connection["status"]!.GetValue<string>());
        Assert.Equal("lab", connection["context"]!.GetValue<string>());
        Assert.Equal(Lab.ApiServer, connection["server"]!.GetValue<string>().TrimEnd('/'));
        Assert.Equal(Namespace.Name, connection["namespace"]!.GetValue<string>());
        Assert.Equal("landline", connection["managerNamespace"]!.GetValue<string>());
        string[] subnets = [.. connection["subnets"]!.AsArray().Select(subnet => subnet!.GetValue<string>())];
        Assert.Contains("10.96.0.0/16", subnets);
        Assert.Contains("fd00:10:96::/112", subnets);
        Assert.Contains(subnets, subnet => subnet.StartsWith("10.244.", StringComparison.Ordinal));
        Assert.Contains(subnets, subnet => subnet.StartsWith("fd00:10:244:", StringComparison.Ordinal));
        Assert.InRange(connection["session"]!["roundTripMs"]!.GetValue<double>(), 0.001, 10_000);
        Assert.Empty(connection["attachments"]!.AsArray());
    }

    [ClusterFact]
    public async Task The_same_connect_again_changes_nothing_and_another_one_under_the_name_is_refused()
    {
        await Laptop.Root.ConnectAsync(Namespace.Name);
        int[] daemons = await LaptopProcesses.DaemonsAsync();

        await Laptop.Root.ConnectAsync(Namespace.Name);
        ProgramResult other = await Laptop.Root.LandlineAsync("connect", "-n", "default");

        Assert.Equal(daemons, await LaptopProcesses.DaemonsAsync());
        Assert.Contains("landline quit", other.FailedWithAdvice().Hint, StringComparison.Ordinal);
        Assert.Equal("Connected", await Laptop.Root.ConnectionStatusAsync());
    }

    [ClusterFact]
    public async Task A_command_after_two_dashes_runs_connected_and_its_exit_code_is_returned()
    {
        ProgramResult result = await Laptop.Root.LandlineAsync(
            "connect", "-n", Namespace.Name, "--", "sh", "-c", "curl -s --max-time 5 http://server:8080/; exit 42");

        Assert.Equal(42, result.ExitCode);
        Assert.StartsWith("hello from server-", result.Output, StringComparison.Ordinal);
        await LaptopState.AssertIsAgainAsync(scene.Before);
    }

    [ClusterFact]
    public async Task A_command_keeps_its_exit_code_when_the_daemon_hangs()
    {
        string goOn = Path.Combine(Laptop.Root.RuntimeDirectory, "go-on");
        await using ProgramRun connected = Laptop.Root.StartLandline(
            "connect", "-n", Namespace.Name, "--", "sh", "-c", $"echo begun; until [ -e {goOn} ]; do sleep 0.1; done; rm {goOn}; exit 7");
        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(30), "the command runs", () => Task.FromResult(connected.Output.Contains("begun", StringComparison.Ordinal)));
        await LaptopProcesses.SignalDaemonsAsync("STOP");
        try
        {
            await Laptop.Root.SucceedAsync("touch", goOn);

            Assert.Equal(7, (await connected.EndAsync()).ExitCode);
        }
        finally
        {
            await LaptopProcesses.SignalDaemonsAsync("CONT");
        }

        await LaptopState.AssertIsAgainAsync(scene.Before);
    }

    [ClusterFact]
    public async Task While_the_manager_is_replaced_connecting_waits_for_one()
    {
        await Kubectl.SucceedAsync("-n", LabFixture.ManagerNamespace, "rollout", "restart", "deployment/landline-manager");
        Task<string> replaced = Kubectl.SucceedAsync(
            "-n", LabFixture.ManagerNamespace, "rollout", "status", "deployment/landline-manager", "--timeout=60s");
        do
        {
            await Laptop.Root.ConnectAsync(Namespace.Name);
            Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync("http://server:8080/"), StringComparison.Ordinal);
            await Laptop.Root.QuitAsync();
        }
        while (!replaced.IsCompleted);

        await replaced;
    }

    [ClusterFact]
    public async Task Mapped_namespaces_limit_the_names_that_are_resolved()
    {
        await Laptop.Root.ConnectAsync(Namespace.Name, "--mapped-namespaces", Namespace.Name);

        Assert.NotEmpty(await Laptop.Root.DigAsync($"server.{Namespace.Name}.svc.cluster.local"));
        Assert.Empty(await Laptop.Root.DigAsync("kube-dns.kube-system.svc.cluster.local"));
    }

    [ClusterFact]
    public async Task Two_connections_to_the_same_subnets_are_refused_and_to_different_ones_stand_side_by_side()
    {
        await Laptop.Root.ConnectAsync(Namespace.Name, "--name", "first");

        ProgramResult same = await Laptop.Root.LandlineAsync("connect", "-n", Namespace.Name, "--name", "second");
        Assert.Contains("first", same.FailedWithAdvice().Sentence + same.FailedWithAdvice().Hint, StringComparison.Ordinal);

        await Laptop.Root.ConnectAsync(
            Namespace.Name,
            "--name", "second", "--also-proxy", $"{Lab.CloudAddress}/32",
            "--never-proxy", "10.96.0.0/16", "--never-proxy", "10.244.1.0/24", "--never-proxy", "10.244.2.0/24",
            "--never-proxy", "fd00:10:96::/112", "--never-proxy", "fd00:10:244:1::/64", "--never-proxy", "fd00:10:244:2::/64");
        JsonNode status = await Laptop.Root.StatusAsync();

        Assert.Equal(["first", "second"], status["connections"]!.AsArray().Select(c => c!["name"]!.GetValue<string>()).Order());
        Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync("http://server:8080/"), StringComparison.Ordinal);

        // They differ by their names alone.
        (string sentence, string hint) = (await Laptop.Root.LandlineAsync("list", "-n", Namespace.Name)).FailedWithAdvice();
        Assert.Contains("first (", sentence, StringComparison.Ordinal);
        Assert.Contains("--connection NAME", hint, StringComparison.Ordinal);
        Assert.Contains("deployment/server", await Laptop.Root.SucceedAsync(SourceTree.Landline, "list", "--connection", "second"), StringComparison.Ordinal);

        await Laptop.Root.QuitAsync();
        await LaptopState.AssertIsAgainAsync(scene.Before);
    }

    [ClusterFact]
    public async Task Completion_and_version_work_without_a_cluster()
    {
        Assert.Matches(@"^\S*\s?\d+\.\d+\.\d+", await Laptop.Root.SucceedAsync(SourceTree.Landline, "version"));
        foreach (string shell in new[] { "bash", "zsh", "fish", "pwsh" })
        {
            Assert.Contains("landline", await Laptop.Root.SucceedAsync(SourceTree.Landline, "completion", shell), StringComparison.Ordinal);
        }
    }

    // A short command takes what starting takes. Of the programs' thousands of methods a few are compiled then, because they depend on the processor.
    [ClusterFact]
    public async Task What_a_command_needs_was_compiled_ahead_of_time()
    {
        string list = Path.Combine(Laptop.Root.RuntimeDirectory, "compiled.txt");
        try
        {
            await Laptop.Root.SucceedAsync("env", $"DOTNET_JitStdOutFile={list}", "DOTNET_JitDisasmSummary=1", SourceTree.Landline, "version");
            string[] compiled = await File.ReadAllLinesAsync(list, TestContext.Current.CancellationToken);
            Assert.True(compiled.Length is > 0 and < 40, string.Join('\n', compiled));
        }
        finally
        {
            File.Delete(list);
        }
    }
}
