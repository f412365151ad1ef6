using Landline.EndToEndTests.Fixtures;

namespace Landline.EndToEndTests.Names;

/// <summary>Every kind of name that works in a pod works on the connected workstation, with the same answers.</summary>
[Collection(ConnectionOfCommonScene.Name)]
public sealed class ClusterNameTests(CommonScene scene, NamesAddition names) : ClusterTest(scene), IClassFixture<NamesAddition>
{
    private string ServerName => $"server.{Namespace.Name}.svc.cluster.local";

    [ClusterFact]
    public async Task The_short_name_of_a_service_in_the_connected_namespace_works() =>
        Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync("http://server:8080/"), StringComparison.Ordinal);

    [ClusterFact]
    public async Task A_service_is_reached_by_every_longer_form_of_its_name()
    {
        foreach (string name in new[] { $"server.{Namespace.Name}", $"server.{Namespace.Name}.svc", ServerName, $"{ServerName}." })
        {
            Assert.StartsWith("hello from server-", await Laptop.Root.CurlAsync($"http://{name}/"), StringComparison.Ordinal);
        }
    }

    [ClusterFact]
    public async Task A_service_of_another_namespace_is_reached_by_its_name_and_namespace_and_not_by_its_short_name()
    {
        Assert.StartsWith(
            "hello from elsewhere-",
            await Laptop.Root.CurlAsync($"http://elsewhere.{names.Other.Name}/"),
            StringComparison.Ordinal);
        Assert.Equal(6, (await Laptop.Root.RunAsync("curl", "-sS", "--max-time", "5", "http://elsewhere/")).ExitCode);
    }

    [ClusterFact]
    public async Task A_name_is_the_same_in_capital_letters() =>
        Assert.Equal(await Laptop.Root.DigAsync(ServerName), await Laptop.Root.DigAsync(ServerName.ToUpperInvariant()));

    [ClusterFact]
    public async Task A_headless_service_has_the_addresses_of_its_pods_and_each_pod_a_name()
    {
        string address = await Namespace.KubectlAsync("get", "pod", "web-0", "-o", "jsonpath={.status.podIP}");

        // The cluster's DNS server learns of endpoints a moment after the pod is ready.
        await Eventually.PassesAsync(
            TimeSpan.FromSeconds(30), async () => Assert.Equal([address], await Laptop.Root.DigAsync($"headless.{Namespace.Name}.svc.cluster.local")));
        Assert.Equal([address], await Laptop.Root.DigAsync($"web-0.headless.{Namespace.Name}.svc.cluster.local"));
        Assert.Equal("hello from web-0", await Laptop.Root.CurlAsync("http://web-0.headless:8080/"));
    }

    [ClusterFact]
    public async Task A_pod_has_the_name_that_is_made_of_its_address()
    {
        string address = await Namespace.KubectlAsync("get", "pod", "web-0", "-o", "jsonpath={.status.podIP}");

        Assert.Equal([address], await Laptop.Root.DigAsync($"{address.Replace('.', '-')}.{Namespace.Name}.pod.cluster.local"));
    }

    [ClusterFact]
    public async Task SRV_records_tell_the_port_and_the_target() =>
        Assert.Equal([$"0 100 8080 {ServerName}."], await Laptop.Root.DigAsync("SRV", $"_http._tcp.{ServerName}"));

    [ClusterFact]
    public async Task PTR_records_name_the_service_of_an_address()
    {
        string address = await Namespace.KubectlAsync("get", "service", "server", "-o", "jsonpath={.spec.clusterIP}");

        Assert.Equal([$"{ServerName}."], await Laptop.Root.DigAsync("-x", address));
    }

    [ClusterFact]
    public async Task An_ExternalName_is_a_CNAME_that_leads_to_the_address()
    {
        string name = $"outside.{Namespace.Name}.svc.cluster.local";

        Assert.Equal([$"elsewhere.{names.Other.Name}.svc.cluster.local."], await Laptop.Root.DigAsync("CNAME", name));
        Assert.Equal(2, (await Laptop.Root.DigAsync(name)).Length);
        Assert.StartsWith("hello from elsewhere-", await Laptop.Root.CurlAsync("http://outside/"), StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task TXT_records_come_through() =>
        Assert.Equal(["\"1.1.0\""], await Laptop.Root.DigAsync("TXT", "dns-version.cluster.local"));

    [ClusterFact]
    public async Task An_answer_that_no_datagram_holds_is_repeated_over_TCP()
    {
        string name = $"many.{Namespace.Name}.svc.cluster.local";

        string overUdp = await Laptop.Root.SucceedAsync("dig", "+noedns", "+ignore", "+timeout=3", name);
        string[] afterFallback = await Laptop.Root.DigAsync(name);
        string[] overTcp = await Laptop.Root.DigAsync("+tcp", name);

        Assert.Matches("flags:[a-z ]* tc[ ;]", overUdp);
        Assert.Equal(NamesAddition.ManyAddresses, afterFallback.Length);
        Assert.Equal(NamesAddition.ManyAddresses, overTcp.Length);
    }

    [ClusterFact]
    public async Task A_name_that_does_not_exist_is_denied_and_not_left_unanswered()
    {
        string nothing = await Laptop.Root.SucceedAsync("dig", "+timeout=3", "+tries=1", $"nothing.{Namespace.Name}.svc.cluster.local");
        string noAddress6 = await Laptop.Root.SucceedAsync("dig", "+timeout=3", "+tries=1", "AAAA", ServerName);

        Assert.Contains("status: NXDOMAIN", nothing, StringComparison.Ordinal);
        Assert.Contains("status: NOERROR", noAddress6, StringComparison.Ordinal);
        Assert.Contains("ANSWER: 0", noAddress6, StringComparison.Ordinal);
    }

    [ClusterFact]
    public async Task Names_outside_the_cluster_go_to_the_resolver_that_was_there_before()
    {
        (await Lab.RunAsync("laptop-host", "printer.office.example.com", "192.0.2.77")).Succeeded();

        Assert.Equal(["192.0.2.77"], await Laptop.Root.DigAsync("printer.office.example.com"));
    }

    [ClusterFact]
    public async Task A_service_created_after_connecting_works_at_once_and_is_gone_when_it_is_deleted()
    {
        await Namespace.DeployAsync(TestServer.Deployment("late"));

        Assert.StartsWith("hello from late-", await Laptop.Root.CurlAsync("http://late:8080/"), StringComparison.Ordinal);

        await Namespace.KubectlAsync("delete", "service/late", "deployment/late");
        await Eventually.TrueAsync(
            TimeSpan.FromSeconds(30),
            "the name of a deleted service is denied",
            async () => (await Laptop.Root.RunAsync("getent", "hosts", "late")).ExitCode == 2);
    }
}
