using System.Diagnostics;
using System.Threading.Channels;
using Landline.FunctionalTests.Namespaces;
using Landline.Networking.Interop;
using Landline.Networking.Namespaces;
using Landline.Networking.Processes;
using Landline.Networking.Routes;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Routes;

public sealed class RouteMonitorTests
{
    [RootFact]
    public async Task A_change_of_routes_is_told_at_once_and_many_are_told_as_few()
    {
        using Process machine = await NetworkNamespaceTests.StartPodAsync();
        using NetworkNamespace network = NetworkNamespace.OfProcess(machine.Id);
        var told = Channel.CreateBounded<bool>(1000);
        await using RouteMonitor monitor = RouteMonitor.Start(
            network.OpenRawSocket(Libc.AF_NETLINK, Libc.SOCK_RAW, Libc.NETLINK_ROUTE),
            () => Assert.True(told.Writer.TryWrite(true)),
            TimeProvider.System);

        await ChangeAsync(network, ["add"], from: 0, to: 1);
        await told.Reader.ReadAsync(Deadline.Token);

        await ChangeAsync(network, ["add", "del"], from: 1, to: 100);
        await told.Reader.ReadAsync(Deadline.Token);
        Assert.True(told.Reader.Count < 20);
        machine.Kill();
    }

    private static Task<string> ChangeAsync(NetworkNamespace network, string[] verbs, int from, int to)
    {
        var numbers = Enumerable.Range(from, to - from);
        string batch = string.Concat(verbs.SelectMany(
            verb => numbers.Select(number => $"route {verb} 203.0.113.{number}/32 dev lo\n")));
        return SystemTool.CheckedAsync(
            "nsenter", [$"--net={network.DescriptorPath}", "ip", "-batch", "-"], batch, TimeSpan.FromSeconds(10), Deadline.Token);
    }
}
