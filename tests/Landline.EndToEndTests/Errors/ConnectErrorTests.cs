using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Errors;

/// <summary>Whatever keeps a connection from coming up is told in one sentence and one hint, and leaves nothing behind.</summary>
[Collection(SharedTidyScene.Name)]
public sealed class ConnectErrorTests(ServerScene scene) : ClusterTest(scene)
{
    private readonly string _folder = Directory.CreateTempSubdirectory("landline-e2e-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [ClusterFact]
    public async Task Without_rights_the_missing_right_and_the_command_that_grants_it_are_named()
    {
        (await Lab.RunAsync("user", "stranger", "strangers")).Succeeded();

        (string sentence, string hint) = await FailsAsync(Laptop.Root.With(Lab.KubeconfigOf("stranger")));

        Assert.Contains("connections.landline.dev", sentence, StringComparison.Ordinal);
        Assert.Contains(Namespace.Name, sentence, StringComparison.Ordinal);
        Assert.Contains("landline-user", hint, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task Without_a_manager_the_hint_is_to_install()
    {
        (string sentence, string hint) = await FailsAsync(Laptop.Root, "--manager-namespace", "kube-public");

        Assert.Contains("kube-public", sentence, StringComparison.Ordinal);
        Assert.Contains("landline install", hint, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task A_context_that_does_not_exist_is_named()
    {
        (string sentence, _) = await FailsAsync(Laptop.Root, "--context", "production");

        Assert.Contains("production", sentence, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task A_namespace_that_does_not_exist_is_named()
    {
        ProgramResult result = await Laptop.Root.LandlineAsync("connect", "-n", "nowhere");

        Assert.Contains("nowhere", result.FailedWithAdvice().Sentence, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync();
    }

    [ClusterFact]
    public async Task A_server_that_refuses_is_told_apart_from_one_that_does_not_answer()
    {
        // Nothing listens on the node's port 6444; the cloud's host drops what comes from the laptop.
        string refusing = Kubeconfigs.WithServer(_folder, "https://198.51.100.1:6444");
        (string sentence, _) = await FailsAsync(Laptop.Root.With(refusing));
        Assert.Contains("198.51.100.1:6444", sentence, StringComparison.Ordinal);
        Assert.Contains("refused", sentence, StringComparison.Ordinal);

        string silent = Kubeconfigs.WithServer(_folder, $"https://{Lab.CloudAddress}:6443");
        (sentence, _) = await FailsAsync(Laptop.Root.With(silent));
        Assert.Contains(Lab.CloudAddress, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("refused", sentence, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task An_expired_certificate_is_called_expired()
    {
        string expired = Kubeconfigs.WithExpiredCertificate(_folder);

        (string sentence, _) = await FailsAsync(Laptop.Root.With(expired));

        Assert.Contains("expired", sentence, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task A_route_of_the_machine_that_the_cluster_would_take_is_named_with_the_way_out()
    {
        await Laptop.Root.SucceedAsync("ip", "route", "add", "10.96.64.0/18", "via", Lab.CloudAddress);
        try
        {
            (string sentence, string hint) = (await Laptop.Root.LandlineAsync("connect", "-n", Namespace.Name)).FailedWithAdvice();

            Assert.Contains("10.96.64.0/18", sentence, StringComparison.Ordinal);
            Assert.Contains("--never-proxy", hint, StringComparison.Ordinal);
        }
        finally
        {
            await Laptop.Root.SucceedAsync("ip", "route", "del", "10.96.64.0/18");
        }

        await AssertNothingIsLeftAsync();
    }

    private async Task<(string Sentence, string Hint)> FailsAsync(Laptop laptop, params string[] arguments)
    {
        ProgramResult result = await laptop.LandlineAsync(["connect", "-n", Namespace.Name, .. arguments]);
        (string Sentence, string Hint) advice = result.FailedWithAdvice();
        await AssertNothingIsLeftAsync();
        return advice;
    }

    private async Task AssertNothingIsLeftAsync()
    {
        await LaptopState.AssertIsAgainAsync(scene.Before);
        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(2),
            "no process of Landline is left",
            async () => (await LaptopProcesses.DaemonsAsync()).Length == 0 && (await LaptopProcesses.HelpersAsync()).Length == 0);
        Assert.Equal("", await Namespace.KubectlAsync("get", "connections.landline.dev", "-o", "name"));
    }
}
