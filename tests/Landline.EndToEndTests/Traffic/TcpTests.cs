using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Traffic;

/// <summary>Promise 4: TCP through a connection behaves as TCP in the cluster does.</summary>
[Collection(ConnectionOfCommonScene.Name)]
public sealed class TcpTests(CommonScene scene) : ClusterTest(scene)
{
    private const string TwoHundredMegabytes = "200000000";

    [ClusterFact]
    public async Task A_port_that_nobody_listens_on_is_refused_within_one_round_trip()
    {
        string pod = await PodAddressAsync();

        JsonNode byService = await Laptop.Root.ClientAsync("connect", "server", $"{TestServer.Refused}");
        JsonNode byPod = await Laptop.Root.ClientAsync("connect", pod, $"{TestServer.Refused}");

        Assert.Equal("ECONNREFUSED", byService["outcome"]!.GetValue<string>());
        Assert.Equal("ECONNREFUSED", byPod["outcome"]!.GetValue<string>());

        // A second is when the kernel would send the SYN again. The quickest of a few, because the machine is busy with others too.
        double quickest = byPod["milliseconds"]!.GetValue<double>();
        for (int attempt = 0; attempt < 4; attempt++)
        {
            JsonNode again = await Laptop.Root.ClientAsync("connect", pod, $"{TestServer.Refused}");
            quickest = Math.Min(quickest, again["milliseconds"]!.GetValue<double>());
        }

        Assert.InRange(quickest, 0, 500);
    }

    [ClusterFact]
    public async Task An_address_without_a_pod_fails_as_it_does_in_the_cluster()
    {
        const string Nobody = "10.244.1.254";
        string script = $$"""
            import errno, socket, struct
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 8, 0))
            try:
                s.connect(("{{Nobody}}", 80)); print("connected")
            except BlockingIOError:
                print("timeout")
            except OSError as e:
                print(errno.errorcode.get(e.errno))
            """;
        string inCluster = (await Kubectl.PythonAsync(Namespace.Name, await Namespace.PodOfAsync("server"), script)).Succeeded();

        JsonNode onLaptop = await Laptop.Root.ClientAsync("connect", Nobody, "80", "8");

        Assert.Equal(inCluster, onLaptop["outcome"]!.GetValue<string>());
    }

    [ClusterFact]
    public async Task A_reset_arrives_as_a_reset()
    {
        JsonNode result = await Laptop.Root.ClientAsync("provoke-reset", "server", $"{TestServer.Resets}");

        Assert.Equal("ECONNRESET", result["outcome"]!.GetValue<string>());
    }

    [ClusterFact]
    public async Task The_answer_comes_after_the_client_has_ended_its_direction()
    {
        JsonNode result = await Laptop.Root.ClientAsync("half-close", "server", $"{TestServer.AnswersAfterEnd}", "3000000");

        Assert.Equal(await DigestAsync("3000000"), result["sha256"]!.GetValue<string>());
    }

    [ClusterFact]
    public async Task The_client_goes_on_sending_after_the_server_has_ended_its_direction()
    {
        JsonNode result = await Laptop.Root.ClientAsync("send-after-end", "server", $"{TestServer.EndsFirst}", "3000000", "afterwards");
        string digest = await DigestAsync("3000000");

        Assert.Equal("done\n", result["greeting"]!.GetValue<string>());
        await Eventually.PassesAsync(TimeSpan.FromSeconds(30), async () => Assert.Contains(
            digest, await Laptop.Root.CurlAsync("http://server:8080/received?token=afterwards"), StringComparison.Ordinal));
    }

    [ClusterFact]
    public async Task Two_hundred_megabytes_arrive_byte_for_byte_in_both_directions()
    {
        string digest = await DigestAsync(TwoHundredMegabytes);

        JsonNode down = await Laptop.Root.ClientAsync("download", $"http://server:8080/bytes?size={TwoHundredMegabytes}");
        JsonNode up = await Laptop.Root.ClientAsync("upload", "server", "8080", TwoHundredMegabytes);

        Assert.Equal(digest, down["sha256"]!.GetValue<string>());
        Assert.Equal(digest, up["sha256"]!.GetValue<string>());
    }

    [ClusterFact]
    public async Task A_thousand_parallel_connections_end_without_an_error()
    {
        JsonNode result = await Laptop.Root.ClientAsync("parallel", "server", $"{TestServer.Echo}", "1000");

        Assert.Equal("{}", result["failures"]!.ToJsonString());
    }

    [ClusterFact]
    public async Task Readers_that_stall_do_not_slow_another_stream()
    {
        JsonNode result = await Laptop.Root.ClientAsync("beside-stalled-readers", "http://server:8080/bytes?size=50000000", "8");

        // A stream that waits for a stalled one takes for ever; how fast it is, is measured by the benchmarks.
        Assert.True(result["same"]!.GetValue<bool>());
        Assert.InRange(result["beside"]!.GetValue<double>(), 0, 60);
    }

    private static async Task<string> DigestAsync(string size) =>
        (await Laptop.Root.ClientAsync("pattern-digest", size))["sha256"]!.GetValue<string>();

    private Task<string> PodAddressAsync() =>
        Namespace.KubectlAsync("get", "pod", "-l", "app=server", "-o", "jsonpath={.items[0].status.podIP}");
}
