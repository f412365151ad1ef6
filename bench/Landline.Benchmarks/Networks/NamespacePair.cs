using System.Diagnostics;

namespace Landline.Benchmarks.Networks;

/// <summary>
/// Two network namespaces joined by a wire: the workstation's, where programs dial, and the cluster's, where services
/// listen. A service is reached through the tunnel under one address and directly under another. Disposing removes both
/// with all that runs in them.
/// <code>
/// workstation 10.201.0.1, fd00:201::1 ──veth── 10.201.0.2, fd00:201::2 cluster
///                                              10.96.0.10, fd00:96::10   through the tunnel (TunnelledSubnets)
///                                              10.97.0.10, fd00:97::10   directly
/// </code>
/// </summary>
internal sealed class NamespacePair : IAsyncDisposable
{
    public const string WorkstationAddress = "10.201.0.1";
    public const string ClusterAddress = "10.201.0.2";
    public const string ClusterAddressV6 = "fd00:201::2";
    public const string TunnelledV4 = "10.96.0.10";
    public const string TunnelledV6 = "fd00:96::10";
    public const string DirectV4 = "10.97.0.10";

    /// <summary>There is no route to it on the cluster's side: "network unreachable".</summary>
    public const string NoRouteV4 = "10.96.1.1";
    public const string NoRouteV6 = "fd00:96:0:1::1";

    /// <summary>The cluster's side answers for it: "host unreachable".</summary>
    public const string NoHostV4 = "10.96.2.1";
    public const string NoHostV6 = "fd00:96:0:2::1";

    /// <summary>The cluster's side forbids it.</summary>
    public const string ForbiddenV4 = "10.96.3.1";

    /// <summary>Whatever is sent there disappears.</summary>
    public const string SilentV4 = "10.96.4.1";

    private static int _made;

    private NamespacePair(string workstation, string cluster) => (Workstation, Cluster) = (workstation, cluster);

    public static IReadOnlyList<string> TunnelledSubnets { get; } = ["10.96.0.0/16", "fd00:96::/48"];

    /// <summary>Name of the namespace.</summary>
    public string Workstation { get; }

    /// <summary>Name of the namespace.</summary>
    public string Cluster { get; }

    public static async Task<NamespacePair> CreateAsync()
    {
        string unique = $"ll{Environment.ProcessId}x{Interlocked.Increment(ref _made)}";
        var pair = new NamespacePair($"{unique}w", $"{unique}c");
        try
        {
            await pair.SetUpAsync();
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a program in one of the namespaces.</summary>
    public static Process Start(string @namespace, string program, params string[] arguments) =>
        Command.Start("ip", ["netns", "exec", @namespace, program, .. arguments]);

    /// <summary>Runs a program in one of the namespaces to its end and returns what it printed.</summary>
    public static Task<string> RunAsync(string @namespace, string program, params string[] arguments) =>
        Command.RunAsync("ip", ["netns", "exec", @namespace, program, .. arguments]);

    public async ValueTask DisposeAsync()
    {
        foreach (string name in (string[])[Workstation, Cluster])
        {
            (_, string pids) = await Command.TryRunAsync("ip", "netns", "pids", name);
            foreach (string pid in pids.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static pid => int.TryParse(pid, out _)))
            {
                await Command.TryRunAsync("kill", "-9", pid);
            }

            await Command.TryRunAsync("ip", "netns", "del", name);
        }
    }

    private async Task SetUpAsync()
    {
        foreach (string name in (string[])[Workstation, Cluster])
        {
            await Command.RunAsync("ip", "netns", "add", name);
            await Command.RunAsync("ip", "-n", name, "link", "set", "lo", "up");
            await RunAsync(
                name, "sysctl", "-qw", "net.ipv4.ip_local_port_range=10000 65000", "net.core.somaxconn=8192",
                "net.ipv4.tcp_max_syn_backlog=8192", "net.ipv4.tcp_max_tw_buckets=1000", "net.ipv4.ping_group_range=0 2147483647");
        }

        await Command.RunAsync("ip", "link", "add", "wire", "netns", Workstation, "type", "veth", "peer", "name", "wire", "netns", Cluster);
        await AddressAsync(Workstation, "wire", $"{WorkstationAddress}/24", "fd00:201::1/64");
        await AddressAsync(Cluster, "wire", $"{ClusterAddress}/24", $"{ClusterAddressV6}/64");
        await AddressAsync(Cluster, "lo", $"{TunnelledV4}/32", $"{TunnelledV6}/128", $"{DirectV4}/32");
        await Command.RunAsync("ip", "-n", Workstation, "link", "set", "wire", "up");
        await Command.RunAsync("ip", "-n", Cluster, "link", "set", "wire", "up");
        await Command.RunAsync("ip", "-n", Workstation, "route", "add", "10.97.0.0/16", "via", ClusterAddress);
        await RefuseAsync("unreachable", $"{NoHostV4}/32");
        await RefuseAsync("unreachable", $"{NoHostV6}/128");
        await RefuseAsync("prohibit", $"{ForbiddenV4}/32");

        // The wire carries it to a hardware address that nobody has.
        await Command.RunAsync("ip", "-n", Cluster, "route", "add", $"{SilentV4}/32", "dev", "wire", "src", TunnelledV4);
        await Command.RunAsync(
            "ip", "-n", Cluster, "neigh", "add", SilentV4, "lladdr", "02:00:00:00:00:01", "dev", "wire", "nud", "permanent");
    }

    private async Task RefuseAsync(string kind, string subnet) =>
        await Command.RunAsync("ip", "-n", Cluster, "route", "add", kind, subnet);

    private static async Task AddressAsync(string @namespace, string device, params string[] addresses)
    {
        foreach (string address in addresses)
        {
            string[] noDuplicateDetection = address.Contains(':', StringComparison.Ordinal) ? ["nodad"] : [];
            await Command.RunAsync("ip", ["-n", @namespace, "addr", "add", address, "dev", device, .. noDuplicateDetection]);
        }
    }
}
