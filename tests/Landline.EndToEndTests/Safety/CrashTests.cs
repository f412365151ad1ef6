using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Safety;

/// <summary>Promise 3: however a connection ends, the workstation is put back.</summary>
[Collection(SharedServerScene.Name)]
public sealed class CrashTests(ServerScene scene) : ClusterTest(scene)
{
    [ClusterFact]
    public async Task After_quit_everything_is_as_before_and_no_process_is_left()
    {
        // A daemon that another test has killed leaves its Connection until the grace period is over.
        string before = await ConnectionsAsync();
        await ConnectedAsync();
        Assert.NotEqual(before, await ConnectionsAsync());

        await Laptop.Root.QuitAsync();

        await LaptopState.AssertIsAgainAsync(scene.Before);
        await AssertNoProcessAsync();
        string[] left = (await ConnectionsAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Empty(left.Except(before.Split('\n')));

        // A daemon that is told to end has nothing to complain about.
        string[] log = await File.ReadAllLinesAsync(Path.Combine(Laptop.Root.RuntimeDirectory, "lab", "daemon.log"), TestContext.Current.CancellationToken);
        int begin = Array.FindLastIndex(log, static line => line.EndsWith("the daemon of connection lab begins", StringComparison.Ordinal));
        Assert.DoesNotContain(log[begin..], static line => line.Contains("Z error ", StringComparison.Ordinal));

        Task<string> ConnectionsAsync() => Kubectl.SucceedAsync("-n", Namespace.Name, "get", "connections.landline.dev", "-o", "name");
    }

    [ClusterFact]
    public async Task After_kill_9_of_the_daemon_everything_is_as_before_within_two_seconds()
    {
        await ConnectedAsync();

        await LaptopProcesses.KillAsync(await LaptopProcesses.DaemonsAsync());

        await LaptopState.AssertIsAgainAsync(scene.Before);
        await AssertNoProcessAsync();
        await AssertConnectsAgainAsync();
    }

    [ClusterFact]
    public async Task After_kill_9_of_the_helper_the_next_command_puts_everything_back()
    {
        await ConnectedAsync();

        await LaptopProcesses.KillAsync(await LaptopProcesses.HelpersAsync());
        await Laptop.Root.LandlineAsync("status");

        await LaptopState.AssertIsAgainAsync(scene.Before);
        await AssertConnectsAgainAsync();
    }

    [ClusterFact]
    public async Task After_kill_9_of_both_the_next_command_puts_everything_back()
    {
        await ConnectedAsync();

        await LaptopProcesses.KillAsync([.. await LaptopProcesses.DaemonsAsync(), .. await LaptopProcesses.HelpersAsync()]);
        await Laptop.Root.LandlineAsync("status");

        await LaptopState.AssertIsAgainAsync(scene.Before);
        await AssertNoProcessAsync();
        await AssertConnectsAgainAsync();
    }

    [ClusterFact]
    public async Task A_Connection_that_an_administrator_deletes_ends_and_everything_is_as_before_until_the_next_connect()
    {
        await ConnectedAsync();

        await Namespace.KubectlAsync("delete", "connections.landline.dev", "--all");

        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(30), "status says that it has ended", async () => await Laptop.Root.ConnectionStatusAsync() == "Failed");
        Assert.StartsWith(
            "it was ended in the cluster",
            (await Laptop.Root.StatusAsync())["connections"]![0]!["reason"]!.GetValue<string>(),
            StringComparison.Ordinal);
        await LaptopState.AssertIsAgainAsync(scene.Before);
        await AssertConnectsAgainAsync();
    }

    [ClusterFact]
    public async Task After_quit_without_a_network_everything_is_as_before()
    {
        await ConnectedAsync();
        try
        {
            await Lab.CutAsync();
            (await Laptop.Root.LandlineAsync("quit")).Succeeded();
        }
        finally
        {
            await Lab.HealAsync();
        }

        await LaptopState.AssertIsAgainAsync(scene.Before);
        await AssertNoProcessAsync();
    }

    private static Task AssertNoProcessAsync() => Eventually.TrueAsync(
        TimeSpan.FromSeconds(2),
        "no process of Landline is left",
        async () => (await LaptopProcesses.DaemonsAsync()).Length == 0 && (await LaptopProcesses.HelpersAsync()).Length == 0);

    private async Task ConnectedAsync()
    {
        await Laptop.Root.ConnectAsync(Namespace.Name);
        Assert.NotEqual(scene.Before, await LaptopState.ReadAsync());
    }

    private async Task AssertConnectsAgainAsync()
    {
        await Laptop.Root.ConnectAsync(Namespace.Name);
        Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync("http://server:8080/"), StringComparison.Ordinal);
        await Laptop.Root.QuitAsync();
        await LaptopState.AssertIsAgainAsync(scene.Before);
    }
}
