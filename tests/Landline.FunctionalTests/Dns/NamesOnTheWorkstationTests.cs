using System.Collections.Frozen;
using System.Net;
using Landline.Daemon.Dns;
using Landline.Daemon.NetHelper;
using Landline.FunctionalTests.NetHelper;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.Dns;

/// <summary>The whole way that a name takes on a workstation: the C library, resolv.conf, our server, and back.</summary>
public sealed class NamesOnTheWorkstationTests
{
    private static readonly Dictionary<string, string[]> Cluster = new(StringComparer.Ordinal)
    {
        ["web.shop.svc.cluster.local"] = ["10.96.0.7"],
        ["web.dev.svc.cluster.local"] = ["10.96.0.8"],
        ["many.shop.svc.cluster.local"] = [.. Enumerable.Range(1, 200).Select(number => $"10.244.0.{number}")],
        ["db.cloud.example.com"] = ["203.0.113.9"],
    };

    [RootFact]
    public async Task Programs_find_cluster_names_in_every_spelling()
    {
        await using Workstation machine = await Workstation.StartAsync();
        string path = Path.Combine(machine.Folder, "names.sock");
        await using NetHelperClient client = NetHelperClient.Listen(path, TimeProvider.System, NullLogger.Instance);
        machine.StartRole(TestRole.Helper, path);
        await client.WaitForHelperAsync(TimeSpan.FromSeconds(60), Deadline.Token);
        using NetworkHandover network = await client.SetUpAsync(TestRole.Setup("shop", 1, "10.96.0.0/16"), Deadline.Token);
        await using var channel = new ClusterDnsChannel(
            _ => new ValueTask<IDnsExchange>(new ClusterStandIn(Cluster)), TimeProvider.System, NullLogger.Instance);
        var upstream = new UpstreamResolver(() => [], network.DnsEndPoint.Address, 53, TimeProvider.System);
        var names = new ClusterNames
        {
            ClusterDomain = "cluster.local",
            ConnectedNamespace = "shop",
            Namespaces = FrozenSet.Create("shop", "dev"),
            Subnets = [IPNetwork.Parse("10.96.0.0/16")],
            AlsoProxyHosts = FrozenSet.Create("db.cloud.example.com"),
        };
        var resolver = new ClusterResolver(channel, upstream, names, NullLogger.Instance);
        await using DnsServer server = DnsServer.Start(
            network.DnsUdp, network.DnsTcp, resolver.AnswerAsync, TimeProvider.System, NullLogger.Instance);

        foreach ((string name, string address) in ((string, string)[])
        [
            ("web", "10.96.0.7"),
            ("WEB", "10.96.0.7"),
            ("web.", "10.96.0.7"),
            ("web.shop", "10.96.0.7"),
            ("web.dev", "10.96.0.8"),
            ("web.dev.svc", "10.96.0.8"),
            ("web.dev.svc.cluster.local", "10.96.0.8"),
            ("web.dev.svc.cluster.local.", "10.96.0.8"),
            ("db.cloud.example.com", "203.0.113.9"),
        ])
        {
            string found = await machine.RunAsync("getent", "ahostsv4", name);
            Assert.True(found.StartsWith(address + " ", StringComparison.Ordinal), $"{name}: '{found}'");
        }

        // More than fits into 512 bytes: the C library comes again over TCP.
        string many = await machine.RunAsync("getent", "ahostsv4", "many");
        Assert.Equal(200, many.Split('\n').Count(line => line.Contains("STREAM", StringComparison.Ordinal)));
        Assert.Empty(await machine.RunAsync("getent", "ahostsv4", "none.shop.svc.cluster.local"));
    }
}
