using System.Text.Json.Nodes;
using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Traffic;

/// <summary>UDP keeps its boundaries and finds its askers; ping works.</summary>
[Collection(ConnectionOfCommonScene.Name)]
public sealed class DatagramTests(CommonScene scene) : ClusterTest(scene)
{
    [ClusterFact]
    public async Task Each_of_two_hundred_askers_gets_its_own_answer_from_where_it_asked()
    {
        JsonNode small = await Laptop.Root.ClientAsync("udp", "server", $"{TestServer.Echo}", "200", "100");

        Assert.Equal(200, small["good"]!.GetValue<int>());
    }

    [ClusterFact]
    public async Task A_datagram_larger_than_the_wire_arrives_whole()
    {
        JsonNode large = await Laptop.Root.ClientAsync("udp", "server", $"{TestServer.Echo}", "20", "8000");

        Assert.Equal(20, large["good"]!.GetValue<int>());
    }

    [ClusterFact]
    public async Task A_pod_answers_to_ping_and_an_address_without_a_pod_does_not()
    {
        string pod = await Namespace.KubectlAsync("get", "pod", "-l", "app=server", "-o", "jsonpath={.items[0].status.podIP}");

        (await Laptop.Root.RunAsync("ping", "-c", "3", "-i", "0.2", "-W", "3", pod)).Succeeded();
        Assert.Equal(1, (await Laptop.Root.RunAsync("ping", "-c", "1", "-W", "2", "10.244.1.254")).ExitCode);
    }
}
