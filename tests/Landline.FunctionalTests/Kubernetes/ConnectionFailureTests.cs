using System.Net;
using System.Net.Sockets;
using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Kubernetes;

public sealed class ConnectionFailureTests
{
    [Fact]
    public async Task A_server_that_nobody_is_behind_is_unreachable()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        using var unused = new Socket(SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // Bound and not listening: refused.

        var error = await FailAsync(cluster, Changed(cluster, $"https://127.0.0.1:{((IPEndPoint)unused.LocalEndPoint!).Port}"));

        Assert.Equal(ConnectionFailure.Unreachable, error.Failure);
        Assert.Contains("cannot be reached (connection refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_unreachable()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();

        var error = await FailAsync(cluster, Changed(cluster, "https://no-such-host.invalid:6443"));

        Assert.Equal(ConnectionFailure.Unreachable, error.Failure);
        Assert.Equal("The API server's name no-such-host.invalid cannot be resolved.", error.Message);
    }

    [Fact]
    public async Task A_server_with_the_certificate_of_another_authority_is_not_trusted()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        using var others = new FakeApiServerCertificates();
        string kubeconfig = cluster.Server.Kubeconfig("token: t").Replace(
            FakeApiServer.Base64(cluster.Server.Certificates.AuthorityPem), FakeApiServer.Base64(others.AuthorityPem), StringComparison.Ordinal);

        var error = await FailAsync(cluster, kubeconfig);

        Assert.Equal(ConnectionFailure.CertificateNotTrusted, error.Failure);
        Assert.Contains("is signed by an authority that is not trusted (CN=fake-cluster-ca)", error.Message, StringComparison.Ordinal);
        Assert.Empty(cluster.Server.Requests);
    }

    [Fact]
    public async Task A_server_with_a_certificate_for_another_name_is_not_trusted_unless_that_name_is_expected()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync("api.internal");

        var error = await FailAsync(cluster, cluster.Server.Kubeconfig("token: t"));
        KubernetesClient expecting = cluster.Connect(
            cluster.Server.Kubeconfig("token: t", ", tls-server-name: api.internal"), new KubeconfigOptions(), TimeProvider.System);
        await expecting.GetVersionAsync(Deadline.Token);
        await using Stream stream = await expecting.PortForwardAsync("work", "web", 80, Deadline.Token);

        Assert.Equal(ConnectionFailure.CertificateNotTrusted, error.Failure);
        Assert.Contains("the server's certificate is for api.internal", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, cluster.Server.Requests.Count);
    }

    [Fact]
    public async Task An_authority_that_is_no_root_is_trusted_as_kubectl_does()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string kubeconfig = cluster.Server.Kubeconfig("token: t").Replace(
            FakeApiServer.Base64(cluster.Server.Certificates.AuthorityPem), FakeApiServer.Base64(cluster.Server.Certificates.IntermediatePem), StringComparison.Ordinal);

        await cluster.Connect(kubeconfig, new KubeconfigOptions(), TimeProvider.System).GetVersionAsync(Deadline.Token);

        Assert.Single(cluster.Server.Requests);
    }

    [Fact]
    public async Task A_check_that_is_to_be_skipped_is_skipped()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync("api.internal");
        string kubeconfig = cluster.Server.Kubeconfig("token: t", ", insecure-skip-tls-verify: true").Replace(
            "certificate-authority-data", "ignored", StringComparison.Ordinal);

        await cluster.Connect(kubeconfig, new KubeconfigOptions(), TimeProvider.System).GetVersionAsync(Deadline.Token);

        Assert.Single(cluster.Server.Requests);
    }

    [Fact]
    public async Task A_server_that_does_not_speak_TLS_is_told_from_one_that_is_not_trusted()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        await using var plain = new ScriptedServer(async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        });

        var error = await FailAsync(cluster, Changed(cluster, $"https://{plain.EndPoint}"));

        Assert.Equal(ConnectionFailure.TlsFailed, error.Failure);
    }

    [Fact]
    public async Task A_connection_that_breaks_in_an_answer_is_interrupted()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        cluster.Server.Answer = async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.Body.WriteAsync("{"u8.ToArray());
            await context.Response.Body.FlushAsync();
            context.Abort();
            return true;
        };

        var error = await FailAsync(cluster, cluster.Server.Kubeconfig("token: t"));

        Assert.Equal(ConnectionFailure.Interrupted, error.Failure);
    }

    private static string Changed(FakeCluster cluster, string server) =>
        cluster.Server.Kubeconfig("token: t").Replace(cluster.Server.Address.ToString(), server, StringComparison.Ordinal);

    private static Task<KubernetesConnectionException> FailAsync(FakeCluster cluster, string kubeconfig) =>
        Assert.ThrowsAsync<KubernetesConnectionException>(() =>
            cluster.Connect(kubeconfig, new KubeconfigOptions(), TimeProvider.System).GetVersionAsync(Deadline.Token));
}
