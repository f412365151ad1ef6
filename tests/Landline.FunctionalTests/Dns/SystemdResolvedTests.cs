using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Landline.FunctionalTests.Namespaces;
using Landline.Networking.Dns;
using Landline.Networking.Dns.SystemSettings;
using Landline.Networking.Processes;
using Landline.Networking.Tun;
using Landline.TestSupport;

namespace Landline.FunctionalTests.Dns;

/// <summary>
/// A machine whose names are systemd-resolved's: Debian's own service, with a bus and a network of its own. It lies
/// unpacked in artifacts/systemd-resolved, because installing it would give this machine to it, too.
/// </summary>
public sealed class SystemdResolvedTests
{
    private const string Device = "landline0";
    private const string ClusterServer = "198.18.0.1";
    private const string MachinesServer = "198.18.1.1";
    private const string ClusterAddress = "10.96.0.7";
    private const string MachinesAddress = "192.0.2.7";

    // The service wants a user and a bus, and asks nobody but the machine's server where it has no settings for a link.
    private static readonly string Install =
        $"""
        mkdir -p usr/upper usr/work etc/upper etc/work
        mount -t overlay overlay -o "lowerdir={Unpacked()}/usr:/usr,upperdir=$PWD/usr/upper,workdir=$PWD/usr/work" /usr
        mount -t overlay overlay -o "lowerdir=/etc,upperdir=$PWD/etc/upper,workdir=$PWD/etc/work" /etc
        mount -t tmpfs tmpfs /run
        grep -q ^systemd-resolve: /etc/passwd || echo systemd-resolve:x:990:990::/:/usr/sbin/nologin >> /etc/passwd
        grep -q ^systemd-resolve: /etc/group || echo systemd-resolve:x:990: >> /etc/group
        mkdir -p /run/dbus /run/systemd/resolve /etc/systemd
        chown systemd-resolve: /run/systemd/resolve
        printf '[Resolve]\nDNS={MachinesServer}\nFallbackDNS=\n' > /etc/systemd/resolved.conf
        rm -f /etc/resolv.conf
        ln -s /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
        echo hosts: files dns > /etc/nsswitch.conf
        ip link set lo up
        ip address add {MachinesServer}/32 dev lo
        """;

    [RootFact]
    public async Task The_connections_domains_are_asked_of_its_server_until_they_are_taken_back_and_all_others_never()
    {
        if (!SecondRun.IsThis)
        {
            bool mustRun = Environment.GetEnvironmentVariable("CI") is not null;
            Assert.SkipUnless(mustRun || Directory.Exists(Unpacked()), $"Debian's systemd-resolved is not unpacked in {Unpacked()}.");
            await SecondRun.OfAsync(
                ["--net"], Install, typeof(SystemdResolvedTests),
                nameof(The_connections_domains_are_asked_of_its_server_until_they_are_taken_back_and_all_others_never));
            return;
        }

        using TunDevice device = await StartMachineAsync();
        await using var cluster = new UpstreamServer(IPAddress.Parse(ClusterServer), 53, (question, _) => Answer(question, ClusterAddress));
        await using var machines = new UpstreamServer(IPAddress.Parse(MachinesServer), 53, (question, _) => Answer(question, MachinesAddress));
        IResolverSettings settings = await FindResolvedAsync();

        await settings.ApplyAsync(
            new ResolverRequest("lab", Device, IPAddress.Parse(ClusterServer), ["shop.svc.cluster.local", "cluster.local"], ["cluster.local", "dev"]),
            Deadline.Token);
        Assert.Equal(ClusterAddress, await LookUpAsync("web.shop.svc.cluster.local"));
        Assert.Equal(ClusterAddress, await LookUpAsync("web.dev"));
        Assert.Equal(ClusterAddress, await LookUpAsync("web"));
        int asked = cluster.Questions;
        Assert.Equal(MachinesAddress, await LookUpAsync("www.example.com"));
        Assert.Equal(asked, cluster.Questions);

        // What is asked for anew takes the place of what was there.
        await settings.ApplyAsync(
            new ResolverRequest("lab", Device, IPAddress.Parse(ClusterServer), ["cluster.local"], ["cluster.local", "prod"]), Deadline.Token);
        Assert.Equal(ClusterAddress, await LookUpAsync("web.prod"));
        Assert.Equal(MachinesAddress, await LookUpAsync("web.dev"));

        await settings.RevertAsync(Deadline.Token);
        Assert.Equal(MachinesAddress, await LookUpAsync("web.prod"));
        Assert.DoesNotContain("cluster.local", await RunAsync("resolvectl", "--no-pager", "status"), StringComparison.Ordinal);
    }

    private static async Task<TunDevice> StartMachineAsync()
    {
        // They end with this process, which is the first one of its namespace.
        Process.Start(new ProcessStartInfo("dbus-daemon", ["--system", "--nofork", "--nopidfile", "--nosyslog"]))!.Dispose();
        await WaitUntilAsync(() => Task.FromResult(File.Exists("/run/dbus/system_bus_socket")));
        string service = Directory.EnumerateFiles(Unpacked(), "systemd-resolved", SearchOption.AllDirectories)
            .First(path => path.EndsWith("/systemd/systemd-resolved", StringComparison.Ordinal));
        Process.Start(new ProcessStartInfo(service))!.Dispose();
        await WaitUntilAsync(async () =>
            (await SystemTool.RunAsync("resolvectl", ["--no-pager", "status"], "", TimeSpan.FromSeconds(10), Deadline.Token)).ExitCode == 0);

        var device = TunDevice.Create(Device);
        await RunAsync("ip", "address", "add", $"{ClusterServer}/24", "dev", Device);
        await RunAsync("ip", "link", "set", Device, "up");
        return device;
    }

    // On a busy machine the service may need longer for its answer than it is given.
    private static async Task<IResolverSettings> FindResolvedAsync()
    {
        CancellationToken deadline = Deadline.Token;
        while (true)
        {
            IResolverSettings found = await ResolverDetection.FindAsync(ResolverPaths.Default, deadline);
            if (found.Kind == ResolverKind.SystemdResolved)
            {
                return found;
            }
        }
    }

    /// <summary>The IPv4 address that the machine's programs get.</summary>
    private static async Task<string> LookUpAsync(string name) => (await RunAsync("getent", "ahostsv4", name)).Split(' ')[0];

    private static Task<string> RunAsync(string tool, params string[] arguments) =>
        SystemTool.CheckedAsync(tool, arguments, "", TimeSpan.FromSeconds(10), Deadline.Token);

    private static byte[] Answer(byte[] question, string address)
    {
        DnsMessage asked = DnsMessage.Parse(question);
        DnsQuestion about = asked.Questions[0];
        return new DnsMessage
        {
            Id = asked.Id,
            Flags = 0x8580,
            Questions = asked.Questions,
            Answers = about.Type == DnsRecordType.A
                ? [new DnsRecord(about.Name, DnsRecordType.A, 1, 5, IPAddress.Parse(address).GetAddressBytes())]
                : [],
        }.ToArray();
    }

    private static async Task WaitUntilAsync(Func<Task<bool>> isTrue)
    {
        CancellationToken deadline = Deadline.Token;
        while (!await isTrue())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline);
        }
    }

    private static string Unpacked([CallerFilePath] string thisFile = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "../../../artifacts/systemd-resolved"));
}
