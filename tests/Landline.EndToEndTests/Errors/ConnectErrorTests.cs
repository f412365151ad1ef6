using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Errors;

/// <summary>
/// Whatever keeps a connection from coming up is told in one sentence and one hint, leaves nothing behind, and nothing undone of one that stands.
/// </summary>
[Collection(ConnectionOfCommonScene.Name)]
public sealed class ConnectErrorTests : ClusterTest
{
    private readonly string _folder;
    private readonly Laptop _laptop;

    public ConnectErrorTests(CommonScene scene)
        : base(scene)
    {
        _folder = Directory.CreateTempSubdirectory("landline-e2e-").FullName;
        _laptop = Laptop.Root.Apart(Path.Combine(_folder, "landline"));
    }

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

        (string sentence, string hint) = await FailsAsync(_laptop.With(Lab.KubeconfigOf("stranger")));

        Assert.Contains("connections.landline.dev", sentence, StringComparison.Ordinal);
        Assert.Contains(Namespace.Name, sentence, StringComparison.Ordinal);
        Assert.Contains("landline-user", hint, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task Without_a_manager_the_hint_is_to_install()
    {
        (string sentence, string hint) = await FailsAsync(_laptop, "--manager-namespace", "kube-public");

        Assert.Contains("kube-public", sentence, StringComparison.Ordinal);
        Assert.Contains("landline install", hint, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task A_context_that_does_not_exist_is_named()
    {
        (string sentence, _) = await FailsAsync(_laptop, "--context", "production");

        Assert.Contains("production", sentence, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task A_namespace_that_does_not_exist_is_named()
    {
        (string sentence, _) = await FailsInAsync("nowhere", _laptop);

        Assert.Contains("nowhere", sentence, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task A_server_that_refuses_is_told_apart_from_one_that_does_not_answer()
    {
        // Nothing listens on the node's port 6444; the cloud's host drops what comes from the laptop.
        string refusing = Kubeconfigs.WithServer(_folder, "https://198.51.100.1:6444");
        (string sentence, _) = await FailsAsync(_laptop.With(refusing));
        Assert.Contains("198.51.100.1:6444", sentence, StringComparison.Ordinal);
        Assert.Contains("refused", sentence, StringComparison.Ordinal);

        string silent = Kubeconfigs.WithServer(_folder, $"https://{Lab.CloudAddress}:6443");
        (sentence, _) = await FailsAsync(_laptop.With(silent));
        Assert.Contains(Lab.CloudAddress, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("refused", sentence, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task An_expired_certificate_is_called_expired()
    {
        string expired = Kubeconfigs.WithExpiredCertificate(_folder);

        (string sentence, _) = await FailsAsync(_laptop.With(expired));

        Assert.Contains("expired", sentence, StringComparison.Ordinal);
    }

    private Task<(string Sentence, string Hint)> FailsAsync(Laptop laptop, params string[] arguments) =>
        FailsInAsync(Namespace.Name, laptop, arguments);

    private async Task<(string Sentence, string Hint)> FailsInAsync(string @namespace, Laptop laptop, params string[] arguments)
    {
        Untouched before = await Untouched.SeeAsync(Namespace.Name);
        ProgramResult result = await laptop.LandlineAsync(["connect", "-n", @namespace, .. arguments]);
        (string Sentence, string Hint) advice = result.FailedWithAdvice();
        await before.AssertAsync();
        return advice;
    }
}
