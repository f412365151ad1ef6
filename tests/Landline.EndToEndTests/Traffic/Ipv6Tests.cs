using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Traffic;

/// <summary>IPv6 through a connection, on a workstation that has none of its own.</summary>
[Collection(ConnectionOfCommonScene.Name)]
public sealed class Ipv6Tests(CommonScene scene) : ClusterTest(scene), IClassFixture<Ipv6Tests.Six>
{
    private const string Size = "20000000";

    /// <summary>A service <c>six</c> of the test server that has an IPv6 address only.</summary>
    public sealed class Six(CommonScene scene) : SceneAddition(scene)
    {
        protected override Task DeployAsync() => Scene.Namespace.DeployAsync(
            $$"""
            apiVersion: v1
            kind: Service
            metadata: {name: six}
            spec:
              ipFamilies: [IPv6]
              selector: {app: server}
              ports: [{name: http, port: {{TestServer.Http}}}, {name: echo-udp, port: {{TestServer.Echo}}, protocol: UDP}]
            """);
    }

    [ClusterFact]
    public async Task A_service_is_reached_by_its_name_and_by_its_address()
    {
        string name = $"six.{Namespace.Name}.svc.cluster.local";
        string address = await Namespace.KubectlAsync("get", "service", "six", "-o", "jsonpath={.spec.clusterIP}");

        Assert.Equal([address], await Laptop.Root.DigAsync("AAAA", name));
        Assert.Equal([$"{name}."], await Laptop.Root.DigAsync("-x", address));
        Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync("http://six:8080/"), StringComparison.Ordinal);
        Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync($"http://[{address}]:8080/"), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task Connections_to_a_pod_end_as_over_IPv4()
    {
        string pod = await PodAddressAsync();
        string digest = (await Laptop.Root.ClientAsync("pattern-digest", Size))["sha256"]!.GetValue<string>();

        JsonNode refused = await Laptop.Root.ClientAsync("connect", pod, $"{TestServer.Refused}");
        JsonNode reset = await Laptop.Root.ClientAsync("provoke-reset", pod, $"{TestServer.Resets}");
        JsonNode halfClosed = await Laptop.Root.ClientAsync("half-close", pod, $"{TestServer.AnswersAfterEnd}", Size);
        JsonNode downloaded = await Laptop.Root.ClientAsync("download", $"http://[{pod}]:8080/bytes?size={Size}");

        Assert.Equal("ECONNREFUSED", refused["outcome"]!.GetValue<string>());
        Assert.Equal("ECONNRESET", reset["outcome"]!.GetValue<string>());
        Assert.Equal(digest, halfClosed["sha256"]!.GetValue<string>());
        Assert.Equal(digest, downloaded["sha256"]!.GetValue<string>());
    }

    [ClusterFact]
    public async Task Datagrams_find_their_askers_whether_they_fit_the_wire_or_not()
    {
        JsonNode small = await Laptop.Root.ClientAsync("udp", "six", $"{TestServer.Echo}", "50", "100");
        JsonNode large = await Laptop.Root.ClientAsync("udp", await PodAddressAsync(), $"{TestServer.Echo}", "20", "8000");

        Assert.Equal(50, small["good"]!.GetValue<int>());
        Assert.Equal(20, large["good"]!.GetValue<int>());
    }

    [ClusterFact]
    public async Task A_pod_answers_to_ping_and_an_address_without_a_pod_does_not()
    {
        string pod = await PodAddressAsync();
        string nobody = pod[..(pod.LastIndexOf(':') + 1)] + "fffe";

        (await Laptop.Root.RunAsync("ping", "-6", "-c", "3", "-i", "0.2", "-W", "3", pod)).Succeeded();
        Assert.Equal(1, (await Laptop.Root.RunAsync("ping", "-6", "-c", "1", "-W", "2", nobody)).ExitCode);
    }

    private Task<string> PodAddressAsync() =>
        Namespace.KubectlAsync("get", "pod", "-l", "app=server", "-o", "jsonpath={.items[0].status.podIPs[1].ip}");
}
