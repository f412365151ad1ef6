using System.Net;
using System.Net.NetworkInformation;
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

        // Owned by the engine.
        var device = TunDevice.Create(Device);
        await RunAsync("ip", "address", "add", "198.19.0.1/30", "dev", Device);
        await RunAsync("ip", "link", "set", Device, "up");
        await using var engine = new TunEngine(
            device,
            [new TunAddresses(IPAddress.Parse("198.19.0.1"), IPAddress.Parse("198.19.0.2"))],
            () => null,
            TimeProvider.System,
            NullLogger<TunEngine>.Instance);
        engine.Start();

        Assert.True(await engine.AdmitsAsync(Deadline.Token));

        // Nothing of the test stays behind in the kernel.
        CancellationToken deadline = Deadline.Token;
        while (IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections().Length > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline);
        }

        await RunAsync("nft", "add table inet host; add chain inet host in { type filter hook input priority 0; policy drop; }");
        Assert.False(await engine.AdmitsAsync(Deadline.Token));

        await RunAsync("nft", $"add rule inet host in iifname {Device} accept");
        Assert.True(await engine.AdmitsAsync(Deadline.Token));
    }

    private static Task<string> RunAsync(string tool, params string[] arguments) =>
        SystemTool.CheckedAsync(tool, arguments, "", TimeSpan.FromSeconds(10), Deadline.Token);
}
