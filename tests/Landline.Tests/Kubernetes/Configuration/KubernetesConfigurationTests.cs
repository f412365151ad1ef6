using Landline.Kubernetes.Configuration;
using Landline.TestSupport;

namespace Landline.Tests.Kubernetes.Configuration;

public sealed class KubernetesConfigurationTests : IDisposable
{
    private const string Simple =
        """
        current-context: one
        contexts:
        - {name: one, context: {cluster: c1, user: u1, namespace: n1}}
        - {name: two, context: {cluster: c2}}
        clusters:
        - {name: c1, cluster: {server: "https://one.example.com:6443"}}
        - {name: c2, cluster: {server: "https://two.example.com/k8s/clusters/2"}}
        users:
        - {name: u1, user: {token: "123456"}}
        """;

    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_current_context_and_its_namespace_are_used()
    {
        ClusterSettings settings = _folder.LoadText(Simple);

        Assert.Equal("one", settings.ContextName);
        Assert.Equal("n1", settings.Namespace);
        Assert.Equal(new Uri("https://one.example.com:6443"), settings.Server);
        Assert.Equal("123456", settings.Credentials.Token);
        Assert.False(settings.IsInCluster);
    }

    [Fact]
    public void What_the_command_line_says_comes_before_the_file()
    {
        string path = _folder.Write("config", Simple);

        ClusterSettings settings = _folder.Load(new KubeconfigOptions { Path = path, Context = "two", Namespace = "mine", As = "alice", AsGroups = ["dev"] });

        Assert.Equal("/k8s/clusters/2", settings.Server.AbsolutePath);
        Assert.Equal("mine", settings.Namespace);
        Assert.Equal("alice", settings.Impersonation!.User);
        Assert.Equal(["dev"], settings.Impersonation.Groups);
    }

    [Fact]
    public void A_context_without_a_namespace_means_default()
    {
        Assert.Equal("default", _folder.Load(new KubeconfigOptions { Path = _folder.Write("config", Simple), Context = "two" }).Namespace);
    }

    [Fact]
    public void Of_several_files_the_first_that_has_an_entry_wins_and_missing_files_do_not_matter()
    {
        string first = _folder.Write("a", "current-context: two\nclusters: [{name: c1, cluster: {server: 'https://first'}}]");
        string second = _folder.Write("b", Simple);
        _folder.Set("KUBECONFIG", $"{_folder.Root}/nothing:{first}::{second}:{first}");

        Assert.Equal("https://two.example.com/k8s/clusters/2", _folder.Load().Server.ToString());
        Assert.Equal("https://first/", _folder.Load(new KubeconfigOptions { Context = "one" }).Server.ToString());
    }

    [Fact]
    public void The_file_in_the_home_folder_is_the_default()
    {
        _folder.Write("home/.kube/config", Simple);

        Assert.Equal("one", _folder.Load().ContextName);
        Assert.Equal(["one", "two"], KubernetesConfiguration.ContextNames(new KubeconfigOptions(), _folder.Machine));
    }

    [Fact]
    public async Task Paths_are_relative_to_the_file_that_says_them()
    {
        using var certificates = new FakeApiServerCertificates();
        (string certificate, string key) = certificates.IssueClient("dave", TimeSpan.FromHours(1));
        _folder.Write("sub/pki/ca.pem", certificates.AuthorityPem);
        _folder.Write("sub/pki/cert.pem", certificate);
        _folder.Write("sub/pki/key.pem", key);
        _folder.Write("sub/token", "from-file\n");
        string path = _folder.Write(
            "sub/config",
            """
            current-context: x
            contexts: [{name: x, context: {cluster: x, user: x}}]
            clusters: [{name: x, cluster: {server: "https://x", certificate-authority: pki/ca.pem}}]
            users: [{name: x, user: {client-certificate: pki/cert.pem, client-key: ./pki/key.pem, tokenFile: token, token: ignored}}]
            """);

        ClusterSettings settings = _folder.Load(new KubeconfigOptions { Path = path });

        Assert.Single(settings.CertificateAuthorities!);
        Assert.InRange(settings.ClientCertificateNotAfter!.Value, TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddHours(2));
        using var provider = new Landline.Kubernetes.Authentication.CredentialProvider(settings.Credentials, TimeProvider.System);
        var credentials = await provider.GetAsync(Deadline.Token);
        Assert.Equal("Bearer from-file", credentials.Authorization!.ToString());
        Assert.Equal("CN=dave", credentials.Certificate!.Leaf.Subject);
    }

    [Theory]
    [InlineData("client-certificate-data")]
    [InlineData("client-certificate")]
    [InlineData("client-key-data")]
    [InlineData("client-key")]
    [InlineData("tokenFile")]
    [InlineData("username")]
    [InlineData("password")]
    [InlineData("as")]
    [InlineData("exec")]
    [InlineData("auth-provider")]
    public async Task An_empty_field_is_none(string field)
    {
        ClusterSettings settings = _folder.LoadText(
            $$$"""
            current-context: x
            contexts: [{name: x, context: {cluster: x, user: x, namespace: ""}}]
            clusters: [{name: x, cluster: {server: "https://x", certificate-authority-data: "", certificate-authority: "", tls-server-name: "", proxy-url: ""}}]
            users: [{name: x, user: {token: given, {{{field}}}: {{{(field is "exec" or "auth-provider" ? "null" : "\"\"")}}}}}]
            """);

        using var provider = new Landline.Kubernetes.Authentication.CredentialProvider(settings.Credentials, TimeProvider.System);
        var credentials = await provider.GetAsync(Deadline.Token);
        Assert.Equal("Bearer given", credentials.Authorization!.ToString());
        Assert.Null(credentials.Certificate);
        Assert.Equal("default", settings.Namespace);
    }

    [Fact]
    public async Task An_empty_token_is_none()
    {
        _folder.Write("token", "from-file");

        ClusterSettings settings = _folder.LoadText(Simple.Replace("token: \"123456\"", "token: \"\", tokenFile: token", StringComparison.Ordinal));

        using var provider = new Landline.Kubernetes.Authentication.CredentialProvider(settings.Credentials, TimeProvider.System);
        Assert.Equal("Bearer from-file", (await provider.GetAsync(Deadline.Token)).Authorization!.ToString());
    }

    [Fact]
    public async Task Files_count_where_the_data_beside_them_is_empty()
    {
        using var certificates = new FakeApiServerCertificates();
        (string certificate, string key) = certificates.IssueClient("dave", TimeSpan.FromHours(1));
        _folder.Write("cert.pem", certificate);
        _folder.Write("key.pem", key);

        ClusterSettings settings = _folder.LoadText(Simple.Replace(
            "token: \"123456\"",
            "client-certificate-data: \"\", client-certificate: cert.pem, client-key-data: \"\", client-key: key.pem",
            StringComparison.Ordinal));

        using var provider = new Landline.Kubernetes.Authentication.CredentialProvider(settings.Credentials, TimeProvider.System);
        Assert.Equal("CN=dave", (await provider.GetAsync(Deadline.Token)).Certificate!.Leaf.Subject);
    }

    [Fact]
    public void A_certificate_that_has_expired_is_loaded_so_that_its_end_can_be_told()
    {
        using var certificates = new FakeApiServerCertificates();
        (string certificate, string key) = certificates.IssueClient("dave", TimeSpan.FromDays(-1));

        ClusterSettings settings = _folder.LoadText(
            $$$"""
            current-context: x
            contexts: [{name: x, context: {cluster: x, user: x}}]
            clusters: [{name: x, cluster: {server: "https://x"}}]
            users: [{name: x, user: {client-certificate-data: {{{FakeApiServer.Base64(certificate)}}}, client-key-data: {{{FakeApiServer.Base64(key)}}}}}]
            """);

        Assert.True(settings.ClientCertificateNotAfter < TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public void In_a_pod_without_a_kubeconfig_its_service_account_is_used()
    {
        using var certificates = new FakeApiServerCertificates();
        _folder.Write("serviceaccount/ca.crt", certificates.AuthorityPem);
        _folder.Write("serviceaccount/token", "t");
        _folder.Write("serviceaccount/namespace", "system\n");
        _folder.Set("KUBERNETES_SERVICE_HOST", "fd00::1");
        _folder.Set("KUBERNETES_SERVICE_PORT", "443");

        ClusterSettings settings = _folder.Load();

        Assert.True(settings.IsInCluster);
        Assert.Equal("https://[fd00::1]/", settings.Server.ToString());
        Assert.Equal("system", settings.Namespace);
        Assert.Throws<KubernetesConfigurationException>(() => _folder.Load(new KubeconfigOptions { Path = _folder.Write("empty", "") }));
    }

    [Fact]
    public void A_missing_context_is_answered_with_those_there_are()
    {
        string path = _folder.Write("config", Simple);

        var error = Assert.Throws<KubernetesConfigurationException>(() => _folder.Load(new KubeconfigOptions { Path = path, Context = "three" }));

        Assert.Equal($"There is no context 'three' in {path}; there are: one, two.", error.Message);
    }

    [Theory]
    [InlineData("clusters: [{name: c, cluster: {}}]", "In cluster 'c' of FILE, there is no server.")]
    [InlineData("clusters: [{name: c, cluster: {server: 'ftp://x'}}]", "In cluster 'c' of FILE, 'server' is no http or https address: 'ftp://x'.")]
    [InlineData("clusters: []", "In context 'x' of FILE, the cluster 'c' is named, which does not exist.")]
    [InlineData("clusters: 7", "In 'clusters' of FILE, 'clusters' must be a list.")]
    [InlineData("clusters: [7]", "In 'clusters' of FILE, 'clusters' must be a list of mappings.")]
    [InlineData("clusters: [{cluster: {}}]", "In 'clusters' of FILE, an entry has no name.")]
    [InlineData("clusters: [{name: c, cluster: {server: 'https://c', certificate-authority-data: '*'}}]", "In cluster 'c' of FILE, 'certificate-authority-data' is not base64.")]
    [InlineData("clusters: [{name: c, cluster: {server: 'https://c', insecure-skip-tls-verify: maybe}}]", "In cluster 'c' of FILE, 'insecure-skip-tls-verify' must be true or false, not 'maybe'.")]
    [InlineData("clusters: [{name: c, cluster: {server: 'https://c', proxy-url: 'gopher://p'}}]", "In cluster 'c' of FILE, 'proxy-url' must be an http, https or socks5 address, not 'gopher://p'.")]
    [InlineData("clusters: [{name: c, cluster: {server: 'https://c', certificate-authority: /nothing/here}}]", "The certificate authority /nothing/here, which cluster 'c' of FILE names, cannot be read: Could not find a part of the path '/nothing/here'.")]
    public void A_wrong_cluster_is_named_with_its_file(string clusters, string sentence)
    {
        string path = _folder.Write("config", $"current-context: x\ncontexts: [{{name: x, context: {{cluster: c}}}}]\n{clusters}");

        var error = Assert.Throws<KubernetesConfigurationException>(() => _folder.Load(new KubeconfigOptions { Path = path }));

        Assert.Equal(sentence.Replace("FILE", path, StringComparison.Ordinal), error.Message);
    }

    [Theory]
    [InlineData("{client-key-data: aGFsbG8=}", "In user 'u' of FILE, there is a client-key without a client-certificate.")]
    [InlineData("{client-certificate-data: aGFsbG8=}", "In user 'u' of FILE, there is a client-certificate without a client-key.")]
    [InlineData("{exec: {apiVersion: client.authentication.k8s.io/v1}}", "In user 'u' of FILE, 'exec' has no command.")]
    [InlineData("{exec: {command: x}}", "In user 'u' of FILE, 'exec' has no apiVersion.")]
    [InlineData("{exec: {command: x, apiVersion: v7}}", "In user 'u' of FILE, the exec plug-in speaks 'v7', which is none of client.authentication.k8s.io/v1 and client.authentication.k8s.io/v1beta1.")]
    [InlineData("{auth-provider: {name: gcp}}", "In user 'u' of FILE, 'auth-provider: gcp' is a kind of login that Kubernetes has given up.")]
    [InlineData("{token: [a]}", "In user 'u' of FILE, 'token' must be a text.")]
    [InlineData("{as-groups: [a]}", "Groups to act as were given without a user to act as.")]
    public void A_wrong_user_is_named_with_its_file(string user, string sentence)
    {
        string path = _folder.Write(
            "config",
            $"current-context: x\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nclusters: [{{name: c, cluster: {{server: 'https://c'}}}}]\nusers: [{{name: u, user: {user}}}]");

        var error = Assert.Throws<KubernetesConfigurationException>(() => _folder.Load(new KubeconfigOptions { Path = path }));

        Assert.Equal(sentence.Replace("FILE", path, StringComparison.Ordinal), error.Message);
    }

    [Theory]
    [InlineData("a: [", "is not valid YAML")]
    [InlineData("- a", "is no kubeconfig")]
    [InlineData("{}", "No cluster is configured")]
    [InlineData("contexts: [{name: b, context: {cluster: c}}, {name: a, context: {cluster: c}}]", "has no current-context; there are: a, b.")]
    public void A_file_that_is_no_kubeconfig_is_named(string content, string part)
    {
        string path = _folder.Write("config", content);

        var error = Assert.Throws<KubernetesConfigurationException>(() => _folder.Load(new KubeconfigOptions { Path = path }));

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_asked_for_must_exist()
    {
        var error = Assert.Throws<KubernetesConfigurationException>(() => _folder.Load(new KubeconfigOptions { Path = "/nothing/here" }));

        Assert.Equal("The kubeconfig /nothing/here does not exist.", error.Message);
    }

    [Fact]
    public void A_certificate_authority_and_skipping_its_check_exclude_each_other()
    {
        using var certificates = new FakeApiServerCertificates();

        var error = Assert.Throws<KubernetesConfigurationException>(() => _folder.LoadText(
            $$$"""
            current-context: x
            contexts: [{name: x, context: {cluster: c}}]
            clusters: [{name: c, cluster: {server: "https://c", insecure-skip-tls-verify: true, certificate-authority-data: {{{FakeApiServer.Base64(certificates.AuthorityPem)}}}}}]
            """));

        Assert.Contains("exclude each other", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Impersonation_is_read_from_the_user()
    {
        ClusterSettings settings = _folder.LoadText(
            """
            current-context: x
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "https://c"}}]
            users: [{name: u, user: {token: t, as: bob, as-uid: "7", as-groups: [g1, g2], as-user-extra: {scopes: [a, b]}}}]
            """);

        Assert.Equal("bob", settings.Impersonation!.User);
        Assert.Equal("7", settings.Impersonation.Uid);
        Assert.Equal(["g1", "g2"], settings.Impersonation.Groups);
        Assert.Equal(["a", "b"], settings.Impersonation.Extra["scopes"]);
    }
}
