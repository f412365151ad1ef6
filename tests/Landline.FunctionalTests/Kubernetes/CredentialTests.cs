using Landline.Kubernetes;
using Landline.Kubernetes.Resources;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Kubernetes;

public sealed class CredentialTests
{
    [Fact]
    public async Task A_client_certificate_is_shown_over_rest_and_over_port_forwards()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        (string certificate, string key) = cluster.Server.Certificates.IssueClient("dave", TimeSpan.FromHours(1));
        KubernetesClient client = cluster.Connect(
            $"client-certificate-data: {FakeApiServer.Base64(certificate)}, client-key-data: {FakeApiServer.Base64(key)}");

        await client.GetVersionAsync(Deadline.Token);
        await using Stream stream = await client.PortForwardAsync("work", "web", 80, Deadline.Token);

        Assert.Equal(["CN=dave", "CN=dave"], cluster.Server.Requests.Select(request => request.ClientCertificate));
    }

    [Fact]
    public async Task A_certificate_file_that_has_been_renewed_is_used_from_then_on()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        Write("dave", TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-1));
        KubernetesClient client = cluster.Connect("client-certificate: cert.pem, client-key: key.pem");

        await client.GetVersionAsync(Deadline.Token);
        Write("erin", TimeProvider.System.GetUtcNow().UtcDateTime);
        await client.GetVersionAsync(Deadline.Token);

        Assert.Equal(["CN=dave", "CN=erin"], cluster.Server.Requests.Select(request => request.ClientCertificate));

        void Write(string user, DateTime at)
        {
            (string certificate, string key) = cluster.Server.Certificates.IssueClient(user, TimeSpan.FromHours(1));
            File.WriteAllText($"{cluster.Folder}/cert.pem", certificate);
            File.WriteAllText($"{cluster.Folder}/key.pem", key);
            File.SetLastWriteTimeUtc($"{cluster.Folder}/cert.pem", at);
        }
    }

    [Fact]
    public async Task A_token_file_is_read_again_after_a_refusal()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        File.WriteAllText($"{cluster.Folder}/token", "old");
        RefuseAllBut(cluster, "Bearer old");
        KubernetesClient client = cluster.Connect("tokenFile: token");

        await client.GetVersionAsync(Deadline.Token);
        File.WriteAllText($"{cluster.Folder}/token", "new");
        RefuseAllBut(cluster, "Bearer new");
        await client.GetVersionAsync(Deadline.Token);

        Assert.Equal(
            ["Bearer old", "Bearer old", "Bearer new"], cluster.Server.Requests.Select(request => request.Headers["Authorization"]));
    }

    [Fact]
    public async Task An_exec_plugin_runs_again_once_after_a_refusal()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        string program = $"{cluster.Folder}/login";
        File.WriteAllText(
            program,
            $$$"""
            #!/bin/sh
            echo x >>"{{{cluster.Folder}}}/runs"
            echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t'$(wc -l <"{{{cluster.Folder}}}/runs")'"}}'
            """);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        KubernetesClient client = cluster.Connect("exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login}");

        RefuseAllBut(cluster, "Bearer t2");
        await client.GetVersionAsync(Deadline.Token);
        await client.GetVersionAsync(Deadline.Token);
        RefuseAllBut(cluster, "Bearer t9");
        var refused = await Assert.ThrowsAsync<KubernetesApiException>(() => client.GetVersionAsync(Deadline.Token));

        Assert.True(refused.IsUnauthorized);
        Assert.Equal(
            ["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t2", "Bearer t3"],
            cluster.Server.Requests.Select(request => request.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_name_and_a_password_are_sent_as_such()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();

        await cluster.Connect("username: u, password: \"p:w\"").GetVersionAsync(Deadline.Token);

        Assert.Equal($"Basic {FakeApiServer.Base64("u:p:w")}", cluster.Server.Requests.Single().Headers["Authorization"]);
    }

    [Fact]
    public async Task A_refusal_tells_who_is_not_known_from_who_may_not()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        KubernetesClient client = cluster.Connect();
        int status = 401;
        cluster.Server.Answer = async context =>
        {
            await AnswerAsync(context, status);
            return true;
        };

        var unauthorized = await Assert.ThrowsAsync<KubernetesApiException>(() => client.GetAsync(ResourceTypes.Pods, "work", "a", Deadline.Token));
        status = 403;
        var forbidden = await Assert.ThrowsAsync<KubernetesApiException>(() => client.PortForwardAsync("work", "a", 80, Deadline.Token));

        Assert.True(unauthorized is { IsUnauthorized: true, IsForbidden: false });
        Assert.True(forbidden is { IsForbidden: true, Message: "no" });
    }

    private static void RefuseAllBut(FakeCluster cluster, string authorization) => cluster.Server.Answer = async context =>
    {
        if (context.Request.Headers.Authorization == authorization)
        {
            return false;
        }

        await AnswerAsync(context, 401);
        return true;
    };

    private static Task AnswerAsync(Microsoft.AspNetCore.Http.HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, """{"kind":"Status","message":"no"}""");
    }
}
