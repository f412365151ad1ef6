using Landline.Kubernetes.Authentication;
using Landline.Kubernetes.Configuration;
using Landline.Tests.Kubernetes.Configuration;
using Landline.TestSupport;

namespace Landline.Tests.Kubernetes.Authentication;

public sealed class ExecPluginTests : IDisposable
{
    private const string V1 = "client.authentication.k8s.io/v1";

    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_plugin_gets_its_arguments_its_variables_and_the_cluster()
    {
        _folder.WriteProgram(
            "login",
            $$$"""printf '%s|' "$@" >"{{{_folder.Root}}}/args"; printf %s "$KUBERNETES_EXEC_INFO" >"{{{_folder.Root}}}/info"; echo '{"kind":"ExecCredential","apiVersion":"{{{V1}}}","status":{"token":"'"$GREETING"'"}}'""");
        using CredentialProvider provider = Load(
            $$$"""{command: ./login, apiVersion: {{{V1}}}, args: [a b, "1"], env: [{name: GREETING, value: hallo}], provideClusterInfo: true, interactiveMode: Never}""");

        RequestCredentials credentials = await provider.GetAsync(Deadline.Token);

        Assert.Equal("Bearer hallo", credentials.Authorization!.ToString());
        Assert.Equal("a b|1|", File.ReadAllText($"{_folder.Root}/args"));
        Assert.Equal(
            """{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false,"cluster":{"server":"https://c","tls-server-name":"other","config":{"audience":7}}}}""",
            File.ReadAllText($"{_folder.Root}/info"));
    }

    [Fact]
    public async Task The_answer_is_kept_until_it_expires_or_is_refused()
    {
        var time = new ManualTime();
        _folder.WriteProgram(
            "login",
            $$$"""echo x >>"{{{_folder.Root}}}/runs"; echo '{"kind":"ExecCredential","apiVersion":"{{{V1}}}","status":{"token":"t'$(wc -l <"{{{_folder.Root}}}/runs")'","expirationTimestamp":"2030-01-01T01:00:00Z"}}'""");
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}}""", time);

        RequestCredentials first = await provider.GetAsync(Deadline.Token);
        time.Advance(TimeSpan.FromMinutes(59));
        RequestCredentials kept = await provider.GetAsync(Deadline.Token);
        await provider.ForgetAsync(kept, Deadline.Token);
        RequestCredentials second = await provider.GetAsync(Deadline.Token);
        await provider.ForgetAsync(first, Deadline.Token); // Refused late: not what is used now.
        RequestCredentials still = await provider.GetAsync(Deadline.Token);
        time.Advance(TimeSpan.FromMinutes(1));
        RequestCredentials third = await provider.GetAsync(Deadline.Token);

        Assert.Equal(
            ["t1", "t1", "t2", "t2", "t3"],
            new[] { first, kept, second, still, third }.Select(credentials => credentials.Authorization!.Parameter));
    }

    [Fact]
    public async Task A_client_certificate_can_be_the_answer()
    {
        using var certificates = new FakeApiServerCertificates();
        (string certificate, string key) = certificates.IssueClient("erin", TimeSpan.FromHours(1));
        _folder.Write("answer", $$$"""{"kind":"ExecCredential","apiVersion":"{{{V1}}}beta1","status":{"clientCertificateData":"{{{Json(certificate)}}}","clientKeyData":"{{{Json(key)}}}"}}""");
        _folder.WriteProgram("login", $"cat '{_folder.Root}/answer'");
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}beta1}""");

        RequestCredentials credentials = await provider.GetAsync(Deadline.Token);

        Assert.Null(credentials.Authorization);
        Assert.Equal("CN=erin", credentials.Certificate!.Leaf.Subject);
    }

    [Theory]
    [InlineData("echo 'please log in' >&2; exit 3", "failed with exit code 3: please log in.")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"a b"}}'""", null)]
    [InlineData("echo no json", "wrote something that is not an ExecCredential in JSON.")]
    [InlineData("echo []", "wrote something that is not an ExecCredential in JSON.")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"x"}}'""", "wrote no ExecCredential of client.authentication.k8s.io/v1, which the kubeconfig asks for.")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}'""", "gave neither a token nor a client certificate.")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientCertificateData":"x"}}'""", "gave a client certificate or a key without the other.")]
    [InlineData("""echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"x","expirationTimestamp":"soon"}}'""", "gave an expirationTimestamp that is no time: 'soon'.")]
    public async Task A_plugin_that_fails_is_named_with_what_it_said(string script, string? end)
    {
        _folder.WriteProgram("login", script);
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}}""");

        var error = await Assert.ThrowsAsync<KubernetesConfigurationException>(async () => await provider.GetAsync(Deadline.Token));

        Assert.Equal(
            end is null
                ? $"The token of user 'u' of {_folder.Root}/config holds characters that no token has."
                : $"The exec plug-in {_folder.Root}/login (user 'u' of {_folder.Root}/config) {end}",
            error.Message);
    }

    [Fact]
    public async Task A_plugin_that_is_not_installed_comes_with_its_installation_hint()
    {
        _folder.Set("PATH", "/nothing:relative");
        using CredentialProvider provider = Load($$$"""{command: aws-login, apiVersion: {{{V1}}}, installHint: "Install it from example.com."}""");

        var error = await Assert.ThrowsAsync<KubernetesConfigurationException>(async () => await provider.GetAsync(Deadline.Token));

        Assert.Equal($"The exec plug-in 'aws-login', which user 'u' of {_folder.Root}/config needs, is not installed or cannot be run.", error.Message);
        Assert.Equal("Install it from example.com.", error.Hint);
    }

    [Fact]
    public async Task A_plugin_that_must_ask_is_not_started_without_a_terminal()
    {
        _folder.WriteProgram("login", "exit 0");
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}, interactiveMode: Always}""");

        var error = await Assert.ThrowsAsync<KubernetesConfigurationException>(async () => await provider.GetAsync(Deadline.Token));

        Assert.EndsWith("wants to ask something, and there is no terminal.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_plugin()
    {
        _folder.WriteProgram("login", "sleep 100");
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}}""");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await provider.GetAsync(stop.Token));
    }

    private static string Json(string text) => text.Replace("\n", "\\n", StringComparison.Ordinal);

    private CredentialProvider Load(string exec) => Load(exec, TimeProvider.System);

    private CredentialProvider Load(string exec, TimeProvider time)
    {
        ClusterSettings settings = _folder.LoadText(
            $$$"""
            current-context: x
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters:
            - name: c
              cluster:
                server: https://c
                tls-server-name: other
                extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: 7}}]
            users:
            - name: u
              user:
                exec: {{{exec}}}
            """);
        return new CredentialProvider(settings.Credentials, time);
    }
}
