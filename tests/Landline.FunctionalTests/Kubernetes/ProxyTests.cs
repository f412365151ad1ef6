using System.Net;
using System.Net.Sockets;
using Landline.Kubernetes;
using Landline.Kubernetes.Configuration;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Kubernetes;

public sealed class ProxyTests
{
    [Fact]
    public async Task REST_and_port_forwards_go_through_an_http_proxy_with_its_password()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        var asked = new List<string>();
        await using var proxy = new ScriptedServer(async stream =>
        {
            while (true)
            {
                string head = await TunnelProxy.ReadHeadAsync(stream);
                lock (asked)
                {
                    asked.Add(head);
                }

                if (head.Contains("Proxy-Authorization: Basic " + FakeApiServer.Base64("u:p@"), StringComparison.Ordinal))
                {
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
                    await TunnelProxy.TunnelAsync(stream, cluster.Server.Address.Port);
                    return;
                }

                await stream.WriteAsync("HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }
        });
        KubernetesClient client = Connect(cluster, $"http://u:p%40@{proxy.EndPoint}");

        await client.GetVersionAsync(Deadline.Token);
        await using Stream stream = await client.PortForwardAsync("work", "web", 80, Deadline.Token);

        Assert.Equal(2, cluster.Server.Requests.Count);
        Assert.All(asked, head => Assert.StartsWith($"CONNECT 127.0.0.1:{cluster.Server.Address.Port} HTTP/1.1\r\n", head, StringComparison.Ordinal));
    }

    [Fact]
    public async Task REST_and_port_forwards_go_through_a_socks_proxy()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        await using var proxy = new ScriptedServer(async stream =>
        {
            byte[] buffer = new byte[300];
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 2));
            await stream.ReadExactlyAsync(buffer.AsMemory(0, buffer[1]));
            await stream.WriteAsync(new byte[] { 5, 0 });
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 4));
            await stream.ReadExactlyAsync(buffer.AsMemory(4, buffer[3] == 1 ? 6 : throw new InvalidDataException()));
            await stream.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 });
            await TunnelProxy.TunnelAsync(stream, (buffer[8] << 8) | buffer[9]);
        });
        KubernetesClient client = Connect(cluster, $"socks5://{proxy.EndPoint}");

        await client.GetVersionAsync(Deadline.Token);
        await using Stream stream = await client.PortForwardAsync("work", "web", 80, Deadline.Token);

        Assert.Equal(2, cluster.Server.Requests.Count);
    }

    [Fact]
    public async Task A_proxy_that_refuses_is_told_from_one_that_is_not_there()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        await using var refusing = new ScriptedServer(async stream =>
        {
            await TunnelProxy.ReadHeadAsync(stream);
            await stream.WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        });
        using var gone = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        gone.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // Of this test, and nobody listens.

        var refused = await Assert.ThrowsAsync<KubernetesConnectionException>(() => Connect(cluster, $"http://u:secret@{refusing.EndPoint}").GetVersionAsync(Deadline.Token));
        var unreachable = await Assert.ThrowsAsync<KubernetesConnectionException>(() => Connect(cluster, $"http://{gone.LocalEndPoint}").GetVersionAsync(Deadline.Token));

        Assert.Equal(ConnectionFailure.ProxyFailed, refused.Failure);
        Assert.Contains("does not connect", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectionFailure.ProxyFailed, unreachable.Failure);
        Assert.Contains("cannot be reached", unreachable.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTPS_PROXY")]
    [InlineData("https_proxy")]
    public async Task REST_and_port_forwards_go_through_the_environments_proxy(string variable)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        await using var proxy = new TunnelProxy(cluster.Server.Address.Port);
        using KubernetesClient client = ConnectByName(cluster, new() { [variable] = $"http://{proxy.EndPoint}" });

        await client.GetVersionAsync(Deadline.Token);
        await using Stream stream = await client.PortForwardAsync("work", "web", 80, Deadline.Token);

        Assert.Equal(["/version", "/api/v1/namespaces/work/pods/web/portforward"], cluster.Server.Requests.Select(request => request.Path));
        Assert.Equal(2, proxy.Asked.Count);
        Assert.All(proxy.Asked, line => Assert.Equal($"CONNECT fake-cluster:{cluster.Server.Address.Port} HTTP/1.1", line));
    }

    [Theory]
    [InlineData("NO_PROXY", "fake-cluster")]
    [InlineData("no_proxy", "elsewhere.example.com, *")]
    public async Task A_server_that_the_environment_exempts_is_asked_directly(string variable, string rule)
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        await using var proxy = new TunnelProxy(cluster.Server.Address.Port);
        using KubernetesClient client = ConnectByName(cluster, new() { ["HTTPS_PROXY"] = $"http://{proxy.EndPoint}", [variable] = rule });

        // Only the proxy knows who that is.
        var rest = await Assert.ThrowsAsync<KubernetesConnectionException>(() => client.GetVersionAsync(Deadline.Token));
        var forward = await Assert.ThrowsAsync<KubernetesConnectionException>(() => client.PortForwardAsync("work", "web", 80, Deadline.Token));

        Assert.All([rest, forward], failure => Assert.NotEqual(ConnectionFailure.ProxyFailed, failure.Failure));
        Assert.Empty(proxy.Asked);
    }

    [Fact]
    public async Task The_kubeconfigs_proxy_goes_before_the_environments()
    {
        await using FakeCluster cluster = await FakeCluster.StartAsync();
        await using var proxy = new TunnelProxy(cluster.Server.Address.Port);
        await using var environments = new TunnelProxy(cluster.Server.Address.Port);
        using KubernetesClient client = ConnectByName(
            cluster, new() { ["HTTPS_PROXY"] = $"http://{environments.EndPoint}", ["NO_PROXY"] = "*" }, $", proxy-url: \"http://{proxy.EndPoint}\"");

        await client.GetVersionAsync(Deadline.Token);
        await using Stream stream = await client.PortForwardAsync("work", "web", 80, Deadline.Token);

        Assert.Equal(2, proxy.Asked.Count);
        Assert.Empty(environments.Asked);
    }

    /// <summary>The server has a name that leads nowhere without a proxy: for a loopback address nobody is asked.</summary>
    private static KubernetesClient ConnectByName(FakeCluster cluster, Dictionary<string, string> variables, string clusterExtra = "")
    {
        string path = Path.Combine(cluster.Folder, "by-name");
        File.WriteAllText(path, cluster.Server.Kubeconfig("token: t", clusterExtra).Replace(
            $"127.0.0.1:{cluster.Server.Address.Port}", $"fake-cluster:{cluster.Server.Address.Port}", StringComparison.Ordinal));
        var machine = new MachineEnvironment(name => variables.GetValueOrDefault(name), cluster.Folder, cluster.Folder, HasTerminal: false);
        return new KubernetesClient(
            KubernetesConfiguration.Load(new KubeconfigOptions { Path = path }, machine), TimeProvider.System, NullLogger.Instance);
    }

    private static KubernetesClient Connect(FakeCluster cluster, string proxy) => cluster.Connect(
        cluster.Server.Kubeconfig("token: t", $", proxy-url: \"{proxy}\""), new KubeconfigOptions(), TimeProvider.System);
}
