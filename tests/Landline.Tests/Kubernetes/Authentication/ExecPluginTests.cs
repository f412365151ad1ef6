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
        provider.Forget(kept);
        RequestCredentials second = await provider.GetAsync(Deadline.Token);
        provider.Forget(first); // Refused late: not what is used now.
        RequestCredentials still = await provider.GetAsync(Deadline.Token);
        time.Advance(TimeSpan.FromMinutes(1));
        RequestCredentials third = await provider.GetAsync(Deadline.Token);

        Assert.Equal(
            ["t1", "t1", "t2", "t2", "t3"],
            new[] { first, kept, second, still, third }.Select(credentials => credentials.Authorization!.Parameter));
    }

    [Fact]
    public async Task What_a_login_says_is_heard_before_it_ends()
    {
        const string Prompt = "Open https://login.example.com and enter the code ABC-123: ";
        _folder.WriteProgram(
            "login",
            $$$"""printf '{{{Prompt}}}' >&2; until [ -e "{{{_folder.Root}}}/entered" ]; do sleep 0.05; done; echo '{"kind":"ExecCredential","apiVersion":"{{{V1}}}","status":{"token":"t"}}'""");
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}, interactiveMode: IfAvailable}""");
        string heard = "";
        provider.LoginSays += text =>
        {
            heard += text;
            if (heard == Prompt)
            {
                File.WriteAllText($"{_folder.Root}/entered", "");
            }
        };

        RequestCredentials credentials = await provider.GetAsync(Deadline.Token);

        Assert.Equal("t", credentials.Authorization!.Parameter);
        Assert.Equal(Prompt, heard);
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
    [InlineData("""echo '{"kind":"ExecCredential","kind":"Config"}'""", "wrote something that is not an ExecCredential in JSON.")]
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
    public async Task Who_gives_up_waiting_leaves_the_plugin_to_the_next_one()
    {
        _folder.WriteProgram(
            "login",
            $$$"""echo x >>"{{{_folder.Root}}}/runs"; read go <"{{{_folder.Root}}}/go"; echo '{"kind":"ExecCredential","apiVersion":"{{{V1}}}","status":{"token":"slow"}}'""");
        MakePipe("go");
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}}""");
        using var impatience = new CancellationTokenSource();

        Task<RequestCredentials> impatient = provider.GetAsync(impatience.Token).AsTask();
        await using (FileStream pipe = await OpenedByReaderAsync("go")) // The plug-in is in the middle of its work.
        {
            await impatience.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
            Task<RequestCredentials> patient = provider.GetAsync(Deadline.Token).AsTask();
            await pipe.WriteAsync("now\n"u8.ToArray(), Deadline.Token);
            await pipe.FlushAsync(Deadline.Token);

            Assert.Equal("Bearer slow", (await patient).Authorization!.ToString());
        }

        Assert.Equal("x\n", File.ReadAllText($"{_folder.Root}/runs"));
    }

    [Fact]
    public async Task After_a_failure_it_is_not_run_again_for_a_moment()
    {
        var time = new ManualTime();
        _folder.WriteProgram("login", $"""echo x >>"{_folder.Root}/runs"; echo "failure $(wc -l <"{_folder.Root}/runs")" >&2; exit 1""");
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}}""", time);

        string first = await FailureAsync();
        time.Advance(TimeSpan.FromSeconds(2.9));
        string again = await FailureAsync();
        time.Advance(TimeSpan.FromSeconds(0.1));
        string second = await FailureAsync();

        Assert.EndsWith("failure 1.", first, StringComparison.Ordinal);
        Assert.Equal(first, again);
        Assert.EndsWith("failure 2.", second, StringComparison.Ordinal);

        async Task<string> FailureAsync() =>
            (await Assert.ThrowsAsync<KubernetesConfigurationException>(async () => await provider.GetAsync(Deadline.Token))).Message;
    }

    [Fact]
    public async Task A_plugin_that_once_says_a_thing_twice_is_asked_again()
    {
        var time = new ManualTime();
        _folder.WriteProgram(
            "login",
            $$$"""
            [ -e "{{{_folder.Root}}}/again" ] || twice=',"token":"x"'; touch "{{{_folder.Root}}}/again"
            echo '{"kind":"ExecCredential","apiVersion":"{{{V1}}}","status":{"token":"good"'"$twice"'}}'
            """);
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}}""", time);

        var error = await Assert.ThrowsAsync<KubernetesConfigurationException>(async () => await provider.GetAsync(Deadline.Token));
        time.Advance(TimeSpan.FromMinutes(1));

        Assert.EndsWith("wrote something that is not an ExecCredential in JSON.", error.Message, StringComparison.Ordinal);
        Assert.Equal("Bearer good", (await provider.GetAsync(Deadline.Token)).Authorization!.ToString());
    }

    [Fact]
    public async Task Without_anybody_at_the_browser_it_ends_after_some_minutes()
    {
        var time = new ManualTime();
        _folder.WriteProgram("login", $"""read go <"{_folder.Root}/go" """);
        MakePipe("go");
        using CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}}""", time);

        Task<RequestCredentials> waiting = provider.GetAsync(Deadline.Token).AsTask();
        await time.AdvanceToTimerAsync(TimeSpan.FromMinutes(5), Deadline.Token);

        Assert.EndsWith(
            "did not answer within 5 minutes.",
            (await Assert.ThrowsAsync<KubernetesConfigurationException>(() => waiting)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_client_ends_the_plugin()
    {
        _folder.WriteProgram("login", $"""read go <"{_folder.Root}/go" """);
        MakePipe("go");
        CredentialProvider provider = Load($$$"""{command: ./login, apiVersion: {{{V1}}}}""");
        Task<RequestCredentials> waiting = provider.GetAsync(Deadline.Token).AsTask();
        await using FileStream pipe = await OpenedByReaderAsync("go");

        provider.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private void MakePipe(string name)
    {
        using var mkfifo = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("mkfifo") { ArgumentList = { $"{_folder.Root}/{name}" } })!;
        mkfifo.WaitForExit();
    }

    // Opening a pipe waits for its other end.
    private Task<FileStream> OpenedByReaderAsync(string name) => Task.Run(
        () => new FileStream($"{_folder.Root}/{name}", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0)).WaitAsync(Deadline.Token);

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
