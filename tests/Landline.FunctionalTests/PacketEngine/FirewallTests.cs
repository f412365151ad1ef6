using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Landline.Daemon.Connections;
using Landline.Daemon.NetHelper;
using Landline.Daemon.PacketEngine;
using Landline.FunctionalTests.Namespaces;
using Landline.Networking.Processes;
using Landline.Networking.Tun;
using Landline.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Landline.FunctionalTests.PacketEngine;

/// <summary>A machine whose firewall lets nothing in: a network namespace with a table of nft's.</summary>
public sealed class FirewallTests
{
    private const string Device = "landline0";

    [RootFact]
    public async Task A_firewall_that_lets_nothing_in_is_found_out_and_so_is_a_rule_for_the_device()
    {
        if (!SecondRun.IsThis)
        {
            await SecondRun.OfAsync(
                ["--net"],
                "ip link set lo up",
                typeof(FirewallTests),
                nameof(A_firewall_that_lets_nothing_in_is_found_out_and_so_is_a_rule_for_the_device));
            return;
        }

        await using TunEngine engine = await StartAsync("198.19.0.1/30");

        Assert.True(await engine.AdmitsAsync(AddressFamily.InterNetwork, Deadline.Token));

        // Nothing of the test stays behind in the kernel.
        CancellationToken deadline = Deadline.Token;
        while (IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections().Length > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline);
        }

        await RunAsync("nft", "add table inet host; add chain inet host in { type filter hook input priority 0; policy drop; }");
        Assert.False(await engine.AdmitsAsync(AddressFamily.InterNetwork, Deadline.Token));

        await RunAsync("nft", $"add rule inet host in iifname {Device} accept");
        Assert.True(await engine.AdmitsAsync(AddressFamily.InterNetwork, Deadline.Token));
    }

    [RootFact]
    public async Task A_firewall_that_drops_one_version_lets_the_other_in()
    {
        if (!SecondRun.IsThis)
        {
            await SecondRun.OfAsync(
                ["--net"],
                "ip link set lo up; sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 || true",
                typeof(FirewallTests),
                nameof(A_firewall_that_drops_one_version_lets_the_other_in));
            return;
        }

        await using TunEngine engine = await StartAsync("198.19.0.1/30", "fd6c::1/126");
        Assert.True(await engine.AdmitsAsync(AddressFamily.InterNetworkV6, Deadline.Token));

        await RunAsync("nft", "add table ip6 host; add chain ip6 host in { type filter hook input priority 0; policy drop; }");

        Assert.False(await engine.AdmitsAsync(AddressFamily.InterNetworkV6, Deadline.Token));
        Assert.True(await engine.AdmitsAsync(AddressFamily.InterNetwork, Deadline.Token));
    }

    private static async Task<TunEngine> StartAsync(params string[] addresses)
    {
        // Owned by the engine.
        var device = TunDevice.Create(Device);
        foreach (string address in addresses)
        {
            string[] undetected = address.Contains(':', StringComparison.Ordinal) ? ["nodad"] : [];
            await RunAsync("ip", ["address", "add", address, "dev", Device, .. undetected]);
        }

        await RunAsync("ip", "link", "set", Device, "up");
        var engine = new TunEngine(
            device,
            [.. addresses.Select(address => DeviceAddresses.WithPeer(new DeviceAddress(IPAddress.Parse(address.Split('/')[0]), 30)))],
            () => null,
            TimeProvider.System,
            NullLogger<TunEngine>.Instance);
        engine.Start();
        return engine;
    }

    private static Task<string> RunAsync(string tool, params string[] arguments) =>
        SystemTool.CheckedAsync(tool, arguments, "", TimeSpan.FromSeconds(10), Deadline.Token);
}
